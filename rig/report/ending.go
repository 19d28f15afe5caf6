// SPDX-License-Identifier: Apache-2.0

package report

import (
	"net/url"
	"path/filepath"
	"strings"

	"kcovrig/rig/report/words"
)

// Ending says where a run's folder is, and by which arguments of kcovrig to go on.
func Ending(folder string, next ...string) []string {
	page := url.URL{Scheme: "file", Path: filepath.Join(folder, "report.html")}
	return []string{"report  " + page.String(), "next    kcovrig " + strings.Join(words.Quoted(next), " ")}
}
