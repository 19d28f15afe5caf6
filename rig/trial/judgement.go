// SPDX-License-Identifier: Apache-2.0

package trial

// Verdict says what a comparison showed. The zero value is unknown: nothing was judged.
type Verdict string

// The verdicts.
const (
	VerdictUnknown Verdict = ""
	Fixed          Verdict = "fixed"
	NotFixed       Verdict = "not-fixed"
	NoEffect       Verdict = "no-effect-possible"
	Identical      Verdict = "identical"      // the patch changes no code: nothing was tested
	DoesNotApply   Verdict = "not-applicable" // the scenario is not for this tree or architecture: nothing was built, nothing is said of the patch
	Inconclusive   Verdict = "inconclusive"
)

// Sameness says how far the code of two kernels is the same. The zero value: it was
// not compared.
type Sameness string

// The ways in which two kernels are alike. Where the bug is are the functions that the
// scenario looks at, and the objects of the files that its fix changes.
const (
	CodeSame         Sameness = "same"           // all of it
	CodeSameWhereBug Sameness = "same-where-bug" // there, and elsewhere it differs
	CodeDiffers      Sameness = "different"      // there
)

// ModeJudgement is the verdict on one mode.
type ModeJudgement struct {
	Mode            string  `json:"mode"`
	Verdict         Verdict `json:"verdict"`
	Reason          string  `json:"reason"`
	HitLower        float64 `json:"hitLower"`          // lower bound on the unpatched kernel's share of hit blocks
	Counted         uint64  `json:"counted,omitempty"` // clean patched blocks that count: silence where the emulator could have spoken
	Required        uint64  `json:"required"`          // clean patched blocks needed for "fixed"; 0: no bound
	MissProbability float64 `json:"missProbability"`   // that a kernel as bad as the unpatched one would have looked as clean
	PatchedUpper95  float64 `json:"patchedUpper95"`    // upper 95 % bound on the patched kernel's share of hit blocks, hence of windows
}

// Judgement is the verdict on a comparison.
type Judgement struct {
	Verdict Verdict `json:"verdict"`
	// Confidence is 1 minus the largest miss probability for "fixed", 1 for
	// "not-fixed", which was seen, and absent where statistics say nothing.
	Confidence      *float64        `json:"confidence"`
	MissProbability *float64        `json:"missProbability,omitempty"` // for "fixed" only
	Reasons         []string        `json:"reasons"`
	Modes           []ModeJudgement `json:"modes"`
	Voices          []Voice         `json:"voices,omitempty"` // what model, binary and run say
}

// Finding says what one kernel alone showed, to whoever knows what to expect of
// it. It is no verdict on a fix. The zero value is unknown.
type Finding string

// The findings.
const (
	FindingUnknown      Finding = ""
	FindingHit          Finding = "hit"
	FindingClean        Finding = "clean"
	FindingInconclusive Finding = "inconclusive" // too few windows, a faulty boot, an idle emulator
)

// EarlierHit is what earlier versions called a hit, after the first bug. Their results and
// users' files are read as before.
const EarlierHit = "stale"

// FindingOf is the finding that a word of any version names.
func FindingOf(word string) Finding {
	if word == EarlierHit {
		return FindingHit
	}
	return Finding(word)
}

// UnmarshalText reads a finding in the words of any version.
func (f *Finding) UnmarshalText(word []byte) error {
	*f = FindingOf(string(word))
	return nil
}

// VariantJudgement is a Finding with its reason. Miss is the probability with which
// a kernel whose blocks are hit with the assumed share would have looked as
// clean: for FindingClean below MissLimit, for FindingHit 0.
type VariantJudgement struct {
	Finding Finding `json:"finding"`
	Miss    float64 `json:"miss"`
	Reason  string  `json:"reason"`
}

// Answer is what one voice says of hits in one kernel. The zero value: it
// could not be had, or says nothing.
type Answer string

// The answers.
const (
	Possible   Answer = "possible"
	Impossible Answer = "impossible"
)

// Saying is one voice on one kernel.
type Saying struct {
	Answer Answer `json:"answer,omitempty"`
	Words  string `json:"words"`
}

// Voice is one way to know whether a hit is possible. Only where all that
// could be had agree is a patch fixed, or not.
type Voice struct {
	Name      string `json:"voice"`
	Unpatched Saying `json:"unpatched"`
	Patched   Saying `json:"patched"`
	How       string `json:"how"`
}

// Of is what it says of a kernel of a pair.
func (v *Voice) Of(kernel Variant) *Saying {
	if kernel == Patched {
		return &v.Patched
	}
	return &v.Unpatched
}

// The voices.
const (
	VoiceModel  = "model"
	VoiceBinary = "binary"
	VoiceRun    = "run"
)
