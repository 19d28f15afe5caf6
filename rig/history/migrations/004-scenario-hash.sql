-- SPDX-License-Identifier: Apache-2.0
-- Which scenario of a name it was. Of runs recorded before it is not known.
ALTER TABLE runs ADD COLUMN scenario_hash TEXT NOT NULL DEFAULT '';
