-- SPDX-License-Identifier: Apache-2.0
-- What a kernel alone showed is called a hit, of whatever bug; documents stay as they
-- were saved.
UPDATE runs SET finding = 'hit' WHERE finding = 'stale';
