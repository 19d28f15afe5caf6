// SPDX-License-Identifier: Apache-2.0

package report

import (
	"kcovrig/rig/report/words"
	"kcovrig/rig/result"
	"kcovrig/rig/trial"
)

// confidence is that of the intervals shown.
const confidence = 0.95

// Count is what one kernel showed to one reader in one mode.
type Count struct {
	Variant    trial.Variant `json:"-"` // see trial.SavedVariant
	Reader     trial.Reader  `json:"reader"`
	Mode       string        `json:"mode"`
	Outcome    trial.Outcome `json:"outcome"`
	Windows    uint64        `json:"windows"`
	HitWindows uint64        `json:"hitWindows"`
	Share      *float64      `json:"share"` // of windows; null where nothing was measured
	BlockSize  uint64        `json:"blockSize"`
	Blocks     uint64        `json:"blocks"`
	HitBlocks  uint64        `json:"hitBlocks"`
	BlockShare *float64      `json:"blockShare"`
	// BlockInterval is the exact 95 % interval of the share of hit blocks; null
	// where no block was measured. Windows get none: neighbours are not independent.
	BlockInterval *trial.Interval `json:"blockInterval"`
}

type plainCount Count // without its methods

// MarshalJSON writes the saved form.
func (c Count) MarshalJSON() ([]byte, error) {
	return trial.WriteSaved(struct {
		trial.SavedVariant
		plainCount
	}{c.Variant.Saved(), plainCount(c)})
}

// Row sets the kernels beside one another, as one reader saw one mode.
type Row struct {
	Reader    trial.Reader `json:"reader"`
	Mode      string       `json:"mode"`
	Unpatched *Count       `json:"unpatched"` // null: not in this run
	Patched   *Count       `json:"patched"`
	// FewerHits is Fisher's one-sided p-value on blocks, trial.FewerHits; null
	// unless both kernels were measured. The verdict does not rest on it.
	FewerHits *float64 `json:"fewerHits"`
}

// Rows makes the table of a run, in the order in which its kernels stand.
func Rows(d result.Document) []Row {
	list := []Row{}
	for _, a := range d.Measured {
		count := countOf(a)
		*slot(&list, a) = &count
	}
	for i := range list {
		u, p := list[i].Unpatched, list[i].Patched
		if u != nil && p != nil && u.BlockInterval != nil && p.BlockInterval != nil && u.BlockSize == p.BlockSize {
			value := trial.FewerHits(u.HitBlocks, u.Blocks, p.HitBlocks, p.Blocks)
			list[i].FewerHits = &value
		}
	}
	return list
}

// slot finds the place of a kernel: a row of its reader and mode whose place is
// free, or a new one.
func slot(list *[]Row, a result.ModeDocument) **Count {
	for i := range *list {
		r := &(*list)[i]
		place := &r.Unpatched
		if a.Variant == trial.Patched {
			place = &r.Patched
		}
		if r.Reader == a.Reader && r.Mode == a.Mode && *place == nil {
			return place
		}
	}
	*list = append(*list, Row{Reader: a.Reader, Mode: a.Mode})
	last := &(*list)[len(*list)-1]
	if a.Variant == trial.Patched {
		return &last.Patched
	}
	return &last.Unpatched
}

// countOf takes no count from a kernel that does not count.
func countOf(a result.ModeDocument) Count {
	c := Count{Variant: a.Variant, Reader: a.Reader, Mode: a.Mode, Outcome: a.Outcome, BlockSize: a.BlockSize}
	if !a.Outcome.Counts() {
		return c
	}
	c.Windows, c.HitWindows, c.Blocks, c.HitBlocks = a.Windows, a.HitWindows, a.Blocks, a.HitBlocks
	c.Share, c.BlockShare = words.Ratio(c.HitWindows, c.Windows), words.Ratio(c.HitBlocks, c.Blocks)
	if c.BlockShare != nil {
		interval := trial.ExactInterval(c.HitBlocks, c.Blocks, confidence)
		c.BlockInterval = &interval
	}
	return c
}
