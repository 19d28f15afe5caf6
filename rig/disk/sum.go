// SPDX-License-Identifier: Apache-2.0

package disk

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// Hash is the SHA-256 of what is written to it.
type Hash struct{ hash.Hash }

// NewHash is of nothing yet.
func NewHash() Hash { return Hash{sha256.New()} }

// Hex is the hash of all that was written, in hexadecimal.
func (h Hash) Hex() string { return hex.EncodeToString(h.Sum(nil)) }

// FileSum is the hash of a file, in hexadecimal.
func FileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := NewHash()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return sum.Hex(), nil
}

// Sum is the hash of bytes, in hexadecimal.
func Sum(data []byte) string {
	sum := NewHash()
	sum.Write(data)
	return sum.Hex()
}
