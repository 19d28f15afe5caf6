// SPDX-License-Identifier: Apache-2.0

package trial

// Variant is which kernel of a tree is meant, and what it is called. The zero
// value is none of them.
type Variant string

// The variants.
const (
	Unpatched Variant = "unpatched" // without the scenario's fix
	Patched   Variant = "patched"   // with it
	AsIs      Variant = "as-is"     // the tree as it stands, whether or not it has one
)

// Pair is the two variants that a comparison needs, in the order in which they
// are built, booted and told.
func Pair() []Variant { return []Variant{Unpatched, Patched} }

// VariantOf is the variant that a document's two members stand for.
func VariantOf(patched, asIs bool) Variant {
	switch {
	case asIs:
		return AsIs
	case patched:
		return Patched
	}
	return Unpatched
}

// Variant is the kernel that was booted.
func (o Observation) Variant() Variant { return VariantOf(o.Patched, o.AsIs) }

// Variant is the kernel that the image holds.
func (i Image) Variant() Variant { return VariantOf(i.Patched, i.AsIs) }

// Variant is the kernel that the counts are of.
func (c ModeCount) Variant() Variant { return VariantOf(c.Patched, c.AsIs) }

// Variant is the kernel that the hit was seen in.
func (s Signature) Variant() Variant { return VariantOf(s.Patched, s.AsIs) }
