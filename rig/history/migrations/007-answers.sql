-- SPDX-License-Identifier: Apache-2.0
-- What a matrix made of its cells: what was expected, and what came of it, also where
-- nothing ran. Of cells recorded before it is not known, until they are imported again.
CREATE TABLE answers (
	cell    TEXT NOT NULL,
	night   TEXT NOT NULL,                                -- when the matrix began
	at      TEXT NOT NULL,                                -- when the cell ended
	run     TEXT REFERENCES runs (id) ON DELETE CASCADE,  -- null: it failed before one
	expect  TEXT NOT NULL,
	why     TEXT NOT NULL,
	status  TEXT NOT NULL,
	came_to TEXT NOT NULL,
	reason  TEXT NOT NULL,
	PRIMARY KEY (cell, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);
CREATE UNIQUE INDEX answers_by_run ON answers (run);
