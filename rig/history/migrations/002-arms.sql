-- SPDX-License-Identifier: Apache-2.0
-- One row per mode of each boot, so that a trend need not read whole results.
-- Runs recorded before have theirs from their results.
CREATE TABLE arms (
	run           TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
	place         INTEGER NOT NULL,  -- in the result
	patched       INTEGER NOT NULL,
	reader        TEXT NOT NULL,
	mode          TEXT NOT NULL,
	outcome       TEXT NOT NULL,
	windows       INTEGER NOT NULL,
	stale_windows INTEGER NOT NULL,
	block_size    INTEGER NOT NULL,
	blocks        INTEGER NOT NULL,
	stale_blocks  INTEGER NOT NULL,
	PRIMARY KEY (run, place)
) STRICT, WITHOUT ROWID;
INSERT INTO arms
SELECT runs.id, arm.key, arm.value ->> 'patched', arm.value ->> 'reader', arm.value ->> 'mode', arm.value ->> 'outcome',
	arm.value ->> 'windows', arm.value ->> 'staleWindows', arm.value ->> 'blockSize', arm.value ->> 'blocks', arm.value ->> 'staleBlocks'
FROM runs, json_each(runs.document, '$.arms') AS arm;
