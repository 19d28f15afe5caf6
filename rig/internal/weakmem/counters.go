// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"regexp"

	"kcovrig/rig/fault"
)

// As struct counter_record in plugin/counters.h.
const (
	nameBytes  = 32
	maxVCPUs   = 8
	recordSize = nameBytes + 8
	// maxRecords is far above what there is, in all versions, for all vCPUs.
	maxRecords = 4096
)

// ReadCounters sums the emulator's counters over the vCPUs. It may be called
// while the guest runs. A file that is missing or was cut is the rig's fault.
func ReadCounters(path string) (map[string]uint64, error) {
	const op = "read the emulator's counters"
	data, err := readTable(path, maxRecords*recordSize)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	counters, err := parseCounters(data)
	return counters, fault.Wrap(fault.Rig, op+" in "+path, err)
}

func parseCounters(data []byte) (map[string]uint64, error) {
	if len(data) == 0 || len(data)%recordSize != 0 || len(data) > maxRecords*recordSize {
		return nil, fmt.Errorf("%d bytes are no whole number of records, %d at most", len(data), maxRecords)
	}
	counters := map[string]uint64{}
	for ; len(data) > 0; data = data[recordSize:] {
		name, _, ok := bytes.Cut(data[:nameBytes], []byte{0})
		if !ok || !counterName.Match(name) {
			return nil, fmt.Errorf("a record has no name, but %q", name)
		}
		sum := counters[string(name)]
		if counters[string(name)] += binary.NativeEndian.Uint64(data[nameBytes:]); counters[string(name)] < sum {
			return nil, fmt.Errorf("the counts of %s have no sum", name)
		}
	}
	return counters, nil
}

// counterName is a counter's: they are shown.
var counterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// readTable reads a file of the emulator's, and one byte of what is more than it may hold.
func readTable(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}
