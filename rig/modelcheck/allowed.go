// SPDX-License-Identifier: Apache-2.0

package modelcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kcovrig/rig/disk"
	"kcovrig/rig/fault"
	"kcovrig/rig/internal/herdtools"
	"kcovrig/rig/litmus"
	"kcovrig/rig/trial"
)

// modelLimit bounds herd7 where a verdict waits for it: most tests take well
// under a second.
const modelLimit = 15 * time.Second

// Allowed says whether the model allows the condition of any of the tests, and
// keeps what it says by their text.
func Allowed(ctx context.Context, cacheDir string, tests []trial.LitmusTest) (trial.Expectation, error) {
	key := disk.NewHash()
	sources := make([]herdtools.Source, 0, len(tests))
	for _, t := range tests {
		sources = append(sources, herdtools.Source{Name: t.Name, Text: t.Text})
		fmt.Fprintf(key, "%s\n", t.Text)
	}
	kept := filepath.Join(cacheDir, "model", key.Hex()[:32]+".json")
	var known struct{ Allowed trial.Expectation }
	if data, err := os.ReadFile(kept); err == nil && json.Unmarshal(data, &known) == nil && known.Allowed != "" {
		return known.Allowed, nil
	}
	folder, err := disk.NewTempFolder()
	if err != nil {
		return "", fault.Wrap(fault.Rig, "ask herd7", err)
	}
	defer folder.Close()
	output, err := herdtools.Allowed(ctx, cacheDir, filepath.Join(folder.Dir, "herd.log"), sources, modelLimit)
	if err != nil {
		return "", err
	}
	allowed, err := litmus.ParseHerdLog(bytes.NewReader(output.Log))
	if err != nil {
		return "", fault.Wrap(fault.Rig, "read what herd7 allows", err)
	}
	if known.Allowed, err = ofAny(allowed, tests); err != nil {
		return "", err
	}
	return known.Allowed, fault.Wrap(fault.Rig, "keep what herd7 allows", disk.WriteJSON(kept, known))
}

// ofAny is what herd7's log says of the conditions of all tests. That it came to none says
// nothing of a test whose loop it has not followed to its end.
func ofAny(allowed map[string]litmus.Allowed, tests []trial.LitmusTest) (trial.Expectation, error) {
	said, cut := trial.Never, ""
	for _, t := range tests {
		switch v, ok := allowed[t.Name]; {
		case !ok:
			return "", fault.Newf(fault.Rig, "read what herd7 allows", "nothing of %s", t.Name)
		case v.Observation != "Never":
			said = trial.Sometimes
		case v.Unrolled:
			cut = t.Name
		}
	}
	if said == trial.Never && cut != "" {
		return "", fault.Newf(fault.User, "read what herd7 allows", "herd7 has not followed all turns of a loop of %s, so that what it does not list may be allowed", cut)
	}
	return said, nil
}
