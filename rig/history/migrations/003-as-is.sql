-- SPDX-License-Identifier: Apache-2.0
-- A kernel that is the tree as it stands is told from an unpatched one. Runs
-- recorded before were named, and counted, as unpatched; their results say which they are.
ALTER TABLE arms ADD COLUMN as_is INTEGER NOT NULL DEFAULT 0;
UPDATE arms SET as_is = 1 WHERE EXISTS (
	SELECT 1 FROM runs WHERE runs.id = arms.run AND runs.document ->> ('$.arms[' || arms.place || '].asIs'));
UPDATE runs SET patched = NULL WHERE document ->> '$.spec.asIs';
UPDATE runs SET cell = command || '-as-is' || replace(substr(cell, instr(cell, ',')), ',asIs=true', '')
WHERE document ->> '$.spec.asIs' AND (cell LIKE command || '-unpatched,%' OR cell LIKE command || '-as-is,%');
