// SPDX-License-Identifier: Apache-2.0

package yamlfile

import "go.yaml.in/yaml/v3"

// Limits of a file. People write hundreds of lines; what is read takes some hundred
// times as much memory as its text.
const (
	MaxBytes  = 1 << 20
	maxValues = 100_000 // what stands for an alias counts at each
)

// within notes where the document is too much to be read.
func (r *Reader) within(top *yaml.Node) bool {
	c := counter{known: map[*yaml.Node]int{}}
	switch c.count(top); {
	case c.circle != nil:
		r.Fail(PlaceOf(c.circle), "*%s is within what it stands for", printable(c.circle.Value))
	case c.known[top] > maxValues:
		r.Fail(PlaceOf(top), "more than %d values, with what its aliases (*name) stand for", maxValues)
	default:
		return true
	}
	return false
}

// counter counts the values that a document has where each alias is replaced by
// what it stands for: a few lines can have more than fit into any memory.
type counter struct {
	known  map[*yaml.Node]int // up to maxValues and one; 0: being counted
	circle *yaml.Node
}

func (c *counter) count(n *yaml.Node) int {
	if known, have := c.known[n]; have {
		return known
	}
	c.known[n] = 0
	total := 1
	if n.Kind == yaml.AliasNode {
		total = c.count(n.Alias)
		if total == 0 {
			c.circle = n
		}
	}
	for _, below := range n.Content {
		total = min(total+c.count(below), maxValues+1)
	}
	c.known[n] = total
	return total
}
