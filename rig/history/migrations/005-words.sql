-- SPDX-License-Identifier: Apache-2.0
-- What a run's scenario calls the sights of its bug, as JSON; empty: it does not say,
-- and is of stale reads. Columns named stale count the hits of any bug.
ALTER TABLE runs ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE runs SET words = coalesce(document ->> '$.words', '');
