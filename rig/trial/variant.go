// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"bytes"
	"encoding/json"
)

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

// Other is the one of Pair that a variant is compared with.
func (v Variant) Other() Variant {
	if v == Patched {
		return Unpatched
	}
	return Patched
}

// InPair is the one of Pair under which a report of both shows the variant: the
// tree as it stands among the kernels to which nothing was added.
func (v Variant) InPair() Variant {
	if v == Patched {
		return Patched
	}
	return Unpatched
}

// SavedVariant is a variant in the form that documents and the history have: two members
// of the object that it tells of. Parts of documents hold a Variant, which JSON passes
// over, and embed this in what their MarshalJSON writes. Documents of earlier versions lack
// AsIs: they call the tree as it stands unpatched.
type SavedVariant struct {
	AsIs    bool `json:"asIs,omitempty"` // Patched says nothing
	Patched bool `json:"patched"`
}

// Saved is the variant in its saved form.
func (v Variant) Saved() SavedVariant {
	return SavedVariant{AsIs: v == AsIs, Patched: v == Patched}
}

// Variant is the kernel that was meant, built or booted.
func (s SavedVariant) Variant() Variant {
	switch {
	case s.AsIs:
		return AsIs
	case s.Patched:
		return Patched
	}
	return Unpatched
}

// ReadVariant reads the saved form of what has a variant into plain, a pointer to it
// without its methods, and the variant itself into v.
func ReadVariant(text []byte, v *Variant, plain any) error {
	var saved SavedVariant
	if err := json.Unmarshal(text, &saved); err != nil {
		return err
	}
	err := json.Unmarshal(text, plain)
	*v = saved.Variant()
	return err
}

// WriteSaved writes a saved form, and leaves it to the encoder whose part the value is
// whether <, > and & are escaped.
func WriteSaved(form any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(form)
	return b.Bytes(), err
}

type plainSpec Spec // without its methods

// savedSpec is a Spec in the form that documents have: whether the tree was taken as it
// stands is a member of its own. Earlier versions named no variant beside it, or called
// it unpatched.
type savedSpec struct {
	plainSpec
	AsIs bool `json:"asIs,omitempty"`
}

// MarshalJSON writes the saved form.
func (s Spec) MarshalJSON() ([]byte, error) {
	return WriteSaved(savedSpec{plainSpec(s), s.Variant == AsIs})
}

// UnmarshalJSON reads the saved form of any version.
func (s *Spec) UnmarshalJSON(text []byte) error {
	saved := savedSpec{plainSpec: plainSpec(*s)}
	err := json.Unmarshal(text, &saved)
	*s = Spec(saved.plainSpec)
	if saved.AsIs {
		s.Variant = AsIs
	}
	return err
}
