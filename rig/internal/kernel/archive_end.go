// SPDX-License-Identifier: Apache-2.0

package kernel

import "io"

// endOfArchive is how many zero bytes end a tar archive, pax(1). Without them
// it was cut, which archive/tar does not tell from its end.
const endOfArchive = 1024

// zeros counts the zero bytes at the end of what was read.
type zeros struct {
	in    io.Reader
	count int
}

func (z *zeros) Read(p []byte) (int, error) {
	n, err := z.in.Read(p)
	last := n
	for last > 0 && p[last-1] == 0 {
		last--
	}
	if last > 0 {
		z.count = 0
	}
	z.count += n - last
	return n, err
}
