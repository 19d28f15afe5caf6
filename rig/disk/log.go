// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// MaxLog is how large a Log becomes at most, in bytes.
const MaxLog = 16 << 20

// Log is a file that keeps what is written to it as it comes, for whoever reads it
// meanwhile. What writes it may be anybody's and never stop, so where it would become too
// large its middle is cut out, which it says there: how something began and what came last
// is what people look for. It is not safe for concurrent use.
type Log struct {
	file   *os.File
	limits logLimits
	size   int64 // of the file
	begin  int64 // bytes that stay for good; 0: nothing was cut yet
	cut    int64 // bytes of what was written that are not there any more
	notice int64 // length of the line that says so
}

// logLimits are, in bytes: a file's size, and what at most is left of its beginning and of its
// end when it is cut. The end's copy must not reach the end as it lies there: who looks at the
// end finds it at any moment.
type logLimits struct{ most, begin, end int64 }

// NewLog makes the file anew.
func NewLog(path string) (*Log, error) {
	return newLog(path, logLimits{MaxLog, MaxLog / 8, MaxLog / 4})
}

func newLog(path string, limits logLimits) (*Log, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &Log{file: f, limits: limits}, nil
}

// Write appends data.
func (l *Log) Write(data []byte) (written int, err error) {
	for len(data) > 0 {
		part := data[:min(int64(len(data)), l.limits.end)]
		if l.size+int64(len(part)) > l.limits.most {
			if err := l.shorten(); err != nil {
				return written, err
			}
		}
		n, err := l.file.Write(part)
		written, l.size, data = written+n, l.size+int64(n), data[n:]
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// shorten cuts between the beginning and the end, at ends of lines where there are some.
func (l *Log) shorten() error {
	if l.begin == 0 {
		first := make([]byte, l.limits.begin)
		if _, err := l.file.ReadAt(first, 0); err != nil {
			return err
		}
		l.begin = l.limits.begin
		if at := bytes.LastIndexByte(first, '\n'); at >= 0 {
			l.begin = int64(at) + 1
		}
	}
	last := make([]byte, l.limits.end)
	if _, err := l.file.ReadAt(last, l.size-l.limits.end); err != nil {
		return err
	}
	if _, whole, ok := bytes.Cut(last, []byte("\n")); ok && len(whole) > 0 {
		last = whole
	}
	l.cut += l.size - l.begin - l.notice - int64(len(last))
	notice := fmt.Sprintf("\n[kcovrig cut %d bytes out here: a log has %d at most]\n", l.cut, l.limits.most)
	l.notice = int64(len(notice))
	if _, err := l.file.WriteAt(append([]byte(notice), last...), l.begin); err != nil {
		return err
	}
	l.size = l.begin + l.notice + int64(len(last))
	if err := l.file.Truncate(l.size); err != nil {
		return err
	}
	_, err := l.file.Seek(l.size, io.SeekStart)
	return err
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
