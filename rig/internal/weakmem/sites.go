// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"kcovrig/rig/fault"
)

// As struct site_record in plugin/sites.h.
const (
	siteWhyBytes = 32
	siteSize     = 4*8 + siteWhyBytes
	maxSites     = 49152
)

// Site is what kept one store from being passed by a later one or by a later load, one load by
// a later one, or a load from an older value, and how often. Addresses are the guest's.
type Site struct {
	First  uint64 // the store that waited, or would have, or the earlier load; 0: the site is a load's alone
	By     uint64 // what made it visible, or raised the load's views; 0: nothing did
	Second uint64 // the later store, or the load; 0: the episode ended before another store
	Count  uint64
	Why    string // one of the words below
}

// What Site.Why says, and the prefixes of the emulator's own caution.
const (
	WhyPassed      = "passed"       // the first still waited: the second overtook it, or could have
	WhyOrder       = "order-"       // prefix: an instruction that Arm orders the two by
	WhyCaution     = "caution-"     // prefix: the emulator's own caution
	WhyLoadPassed  = "load-passed"  // the second load could read what is older than the first had seen
	WhyLoadOrder   = "load-order"   // ... but for an instruction that Arm orders the two by
	WhyLoadChoice  = "load-choice"  // the load had an older value to choose
	WhyLoadCaution = "load-caution" // prefix: caution took the choice away

	// WhyRead is the prefix, before the words of two stores, where the second is a load.
	WhyRead       = "read-"
	WhyReadPassed = WhyRead + WhyPassed // it was done while the store waited

	// WhyUnknown stands for a word that this program does not know: silence that
	// nobody can explain counts as caution.
	WhyUnknown     = "caution-unknown"
	WhyLoadUnknown = "load-caution-unknown"
	WhyReadUnknown = WhyRead + WhyUnknown
	// WhyLost counts what found no place in the table, WhyReadLost of stores and later loads.
	WhyLost     = "lost"
	WhyReadLost = WhyRead + WhyLost
)

// siteWords are the words after caution- and load-caution- that may be shown; a
// word that a later emulator adds is one more caution.
var (
	siteOrders = map[string]bool{"order-barrier": true, "order-release": true, "order-atomic": true, WhyPassed: true, WhyLoadPassed: true, WhyLoadOrder: true}
	siteDoubt  = regexp.MustCompile(`^(load-)?caution-[a-z]{1,16}$`)
)

// ReadSites reads the emulator's table of sites. It may be called while the guest
// runs. A table that is not there is none: an emulator without it earned no
// silence. One that was cut is the rig's fault.
func ReadSites(path string) ([]Site, error) {
	const op = "read the emulator's sites"
	data, err := readTable(path, maxSites*siteSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault.Wrap(fault.Rig, op, err)
	}
	sites, err := parseSites(data)
	return sites, fault.Wrap(fault.Rig, op+" in "+path, err)
}

func parseSites(data []byte) ([]Site, error) {
	if len(data)%siteSize != 0 || len(data) > maxSites*siteSize {
		return nil, fmt.Errorf("%d bytes are no table of at most %d records", len(data), maxSites)
	}
	var sites []Site
	var sum uint64
	for ; len(data) > 0; data = data[siteSize:] {
		field := func(i int) uint64 { return binary.NativeEndian.Uint64(data[8*i:]) }
		word, _, _ := bytes.Cut(data[siteSize-siteWhyBytes:siteSize], []byte{0})
		s := Site{First: field(0), By: field(1), Second: field(2), Count: field(3)}
		if len(word) == 0 || s.Count == 0 {
			continue
		}
		if sum += s.Count; sum < s.Count {
			return nil, errors.New("the counts have no sum")
		}
		s.Why = siteWhy(string(word), s.First == 0)
		sites = append(sites, s)
	}
	return sites, nil
}

// OfLoads says whether the site is of two loads.
func (s Site) OfLoads() bool {
	return s.Why == WhyLoadPassed || s.Why == WhyLoadOrder
}

// OfRead says whether the site is of a store and a later load.
func (s Site) OfRead() bool { return strings.HasPrefix(s.Why, WhyRead) }

// siteWhy takes no word at its face value that does not fit the rest of its record.
func siteWhy(word string, load bool) string {
	if read, ok := strings.CutPrefix(word, WhyRead); ok && word != WhyReadLost {
		return readWhy(read, load)
	}
	fits := siteDoubt.FindStringSubmatch(word)
	switch {
	case word == WhyLost, word == WhyReadLost:
		return word
	case load && (word == WhyLoadChoice || fits != nil && fits[1] != ""):
		return word
	case load:
		return WhyLoadUnknown
	case siteOrders[word] || fits != nil && fits[1] == "":
		return word
	}
	return WhyUnknown
}

func readWhy(word string, load bool) string {
	fits := siteDoubt.FindStringSubmatch(word)
	known := word == WhyPassed || strings.HasPrefix(word, WhyOrder) && siteOrders[word] || fits != nil && fits[1] == ""
	if load || !known {
		return WhyReadUnknown
	}
	return WhyRead + word
}
