// SPDX-License-Identifier: Apache-2.0

package nightly

import (
	"context"

	"kcovrig/rig/command"
	"kcovrig/rig/history"
)

// ImportRuns records saved runs: run folders, their result.json, or the folders
// of matrices. It ends at the first that cannot be read; those before it are
// recorded.
func ImportRuns(ctx context.Context, db *history.DB, paths []string) ([]command.Imported, error) {
	var done []command.Imported
	for _, path := range paths {
		if isMatrixFolder(path) {
			runs, err := importMatrix(ctx, db, path)
			done = append(done, runs...)
			if err != nil {
				return done, err
			}
			continue
		}
		run, err := command.ImportRun(ctx, db, path, "")
		if err != nil {
			return done, err
		}
		done = append(done, run)
	}
	return done, nil
}
