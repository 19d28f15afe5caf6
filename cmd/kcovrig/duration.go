// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// durationType names the type of flags that hold a duration.
const durationType = "duration"

var errNoDuration = errors.New("is no duration (30s, 5m, 12h, 7d)")

// inDays is a duration that begins with days.
var inDays = regexp.MustCompile(`^(\d{1,5})d(.*)$`)

// parseDuration is time.ParseDuration, with days of 24 hours in front.
func parseDuration(text string) (time.Duration, error) {
	var days time.Duration
	if m := inDays.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return 0, errNoDuration
		}
		days, text = time.Duration(n)*24*time.Hour, m[2]
		if text == "" {
			return days, nil
		}
	}
	rest, err := time.ParseDuration(text)
	if err != nil || rest < 0 && days > 0 {
		return 0, errNoDuration
	}
	return days + rest, nil
}

// duration is the value of a flag.
type duration time.Duration

// addDuration adds a flag for a duration.
func addDuration(f *pflag.FlagSet, to *time.Duration, name string, standard time.Duration, usage string) {
	*to = standard
	f.Var((*duration)(to), name, usage)
}

func (d *duration) Set(text string) error {
	value, err := parseDuration(text)
	*d = duration(value)
	return err
}

func (d *duration) Type() string { return durationType }

// String is "0" for none, which help takes for no default.
func (d *duration) String() string {
	if *d == 0 {
		return "0"
	}
	return time.Duration(*d).String()
}
