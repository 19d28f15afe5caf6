-- SPDX-License-Identifier: Apache-2.0
-- A run: its result whole, as JSON, and what lists and filters look at.
-- Times are RFC 3339 in UTC with milliseconds, so that they sort as text; a seed
-- is text because it may need 64 bits without sign; lists are joined by commas.
CREATE TABLE runs (
	id             TEXT PRIMARY KEY,
	at             TEXT NOT NULL,
	cell           TEXT NOT NULL,
	command        TEXT NOT NULL,
	scenario       TEXT NOT NULL,
	arch           TEXT NOT NULL,
	kernel_version TEXT NOT NULL,
	tree_hash      TEXT NOT NULL,
	compiler       TEXT NOT NULL,
	qemu_version   TEXT NOT NULL,
	memory_model   TEXT NOT NULL,
	readers        TEXT NOT NULL,
	modes          TEXT NOT NULL,
	patched        INTEGER,          -- null unless it had one arm
	verdict        TEXT NOT NULL,
	finding        TEXT NOT NULL,
	outcome        TEXT NOT NULL,
	whose          TEXT NOT NULL,
	windows        INTEGER NOT NULL,
	stale_windows  INTEGER NOT NULL,
	blocks         INTEGER NOT NULL,
	stale_blocks   INTEGER NOT NULL,
	seed           TEXT NOT NULL,
	host           TEXT NOT NULL,
	took           REAL NOT NULL,    -- seconds
	folder         TEXT NOT NULL,
	document       TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_cell ON runs (cell, at);
CREATE INDEX runs_by_time ON runs (at);
