-- SPDX-License-Identifier: Apache-2.0
-- What was found of a kernel's barriers: what a list says of it, and the whole report, as
-- JSON. Of runs recorded before it is not known, until their folders are imported again.
CREATE TABLE barriers (
	run     TEXT NOT NULL PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
	summary TEXT NOT NULL,
	report  TEXT NOT NULL
) STRICT;
