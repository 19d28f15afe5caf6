// SPDX-License-Identifier: Apache-2.0

package variant

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bytesMark begins, in JSON, what is no UTF-8: JSON would replace its bytes. No
// file that is UTF-8 begins with it.
const bytesMark = "\x00base64:"

// MarshalJSON keeps every byte.
func (v Changes) MarshalJSON() ([]byte, error) { return json.Marshal(asUTF8(v)) }

// UnmarshalJSON is its reverse.
func (v *Changes) UnmarshalJSON(text []byte) error {
	kept := map[string]*string{}
	if err := json.Unmarshal(text, &kept); err != nil {
		return err
	}
	for path, content := range kept {
		if content == nil {
			continue
		}
		if coded, ok := strings.CutPrefix(*content, bytesMark); ok {
			plain, err := base64.StdEncoding.DecodeString(coded)
			if err != nil {
				return fmt.Errorf("read %s: %w", path, err)
			}
			text := string(plain)
			kept[path] = &text
		}
	}
	*v = kept
	return nil
}

func asUTF8(texts map[string]*string) map[string]*string {
	out := make(map[string]*string, len(texts))
	for path, text := range texts {
		out[path] = text
		if text != nil && !utf8.ValidString(*text) {
			coded := bytesMark + base64.StdEncoding.EncodeToString([]byte(*text))
			out[path] = &coded
		}
	}
	return out
}
