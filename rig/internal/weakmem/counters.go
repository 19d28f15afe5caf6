// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"kcovrig/rig/fault"
)

// As struct counter_record in plugin/counters.h.
const (
	nameBytes  = 32
	maxVCPUs   = 8
	recordSize = nameBytes + 8
)

// ReadCounters sums the emulator's counters over the vCPUs. It may be called
// while the guest runs. A file that is missing or was cut is the rig's fault.
func ReadCounters(path string) (map[string]uint64, error) {
	const op = "read the emulator's counters"
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	counters, err := parseCounters(data)
	return counters, fault.Wrap(fault.Rig, op+" in "+path, err)
}

func parseCounters(data []byte) (map[string]uint64, error) {
	if len(data) == 0 || len(data)%recordSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole number of records", len(data))
	}
	counters := map[string]uint64{}
	for ; len(data) > 0; data = data[recordSize:] {
		name, _, ok := bytes.Cut(data[:nameBytes], []byte{0})
		if !ok || len(name) == 0 {
			return nil, fmt.Errorf("a record has no name")
		}
		counters[string(name)] += binary.NativeEndian.Uint64(data[nameBytes:])
	}
	return counters, nil
}
