// SPDX-License-Identifier: Apache-2.0

package trial

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"syscall"
	"time"

	"kcovrig/rig/fault"
	"kcovrig/rig/wording"
)

// Kernel says which kernel was built, from what and with what.
type Kernel struct {
	Version    string `json:"version"`
	Tree       string `json:"tree"`
	TreeHash   string `json:"treeHash"`
	ConfigHash string `json:"configHash"`
	Compiler   string `json:"compiler"`
}

// Patch is one of those by which the two variants differ.
type Patch struct {
	Name      string `json:"name"` // of its file or commit
	Subject   string `json:"subject,omitempty"`
	Author    string `json:"author,omitempty"`
	MessageID string `json:"messageID,omitempty"`
	Hash      string `json:"hash"` // SHA-256 of the file
}

// Image is one built kernel.
type Image struct {
	Variant Variant `json:"-"` // see SavedVariant
	Path    string  `json:"path"`
	Key     string  `json:"key"`
	Hash    string  `json:"hash,omitempty"`  // SHA-256 of the file at Path
	Patch   string  `json:"patch,omitempty"` // hash of the files in which the kernel differs from the tree
	Cached  bool    `json:"cached"`
	Log     string  `json:"log,omitempty"`
	CPUNS   int64   `json:"cpuNS"`
	WallNS  int64   `json:"wallNS"`
}

type plainImage Image // without its methods

// MarshalJSON writes the saved form.
func (i Image) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		SavedVariant
		plainImage
	}{i.Variant.Saved(), plainImage(i)})
}

// UnmarshalJSON reads it.
func (i *Image) UnmarshalJSON(text []byte) error {
	return ReadVariant(text, &i.Variant, (*plainImage)(i))
}

// QEMU says which QEMU ran, and how.
type QEMU struct {
	Argv        []string    `json:"argv"` // how it is started
	Version     string      `json:"version"`
	PluginAPI   int         `json:"pluginAPI"`
	Accel       Accel       `json:"accel"`
	MemoryModel MemoryModel `json:"memoryModel"` // what ran: "native" where the plugin was not used
}

// Code is what the disassembly of a kernel says.
type Code struct {
	Variant   Variant  `json:"-"`         // see SavedVariant
	Container string   `json:"container"` // the symbol that holds the two writes
	Ordered   string   `json:"ordered"`   // "yes", "no", "partly" or "unknown"
	Barriers  []string `json:"barriers"`
	// Publish are the stores that make the copy visible as a whole; Between are the
	// barriers once more, with their places.
	Publish []Instruction `json:"publish,omitempty"`
	Between []Instruction `json:"between,omitempty"`
	Listing string        `json:"listing,omitempty"` // path
	// Scope is the kernel's code in which the memory emulator reorders. Stops are the
	// instructions there that order accesses, or that it drains at; none are looked for
	// where the two writes are known, of which Between tells.
	Scope []ScopeFunction `json:"scope,omitempty"`
	Stops []ScopeStop     `json:"stops,omitempty"`
}

type plainCode Code // without its methods

// MarshalJSON writes the saved form.
func (c Code) MarshalJSON() ([]byte, error) {
	return WriteSaved(struct {
		SavedVariant
		plainCode
	}{c.Variant.Saved(), plainCode(c)})
}

// UnmarshalJSON reads it.
func (c *Code) UnmarshalJSON(text []byte) error {
	return ReadVariant(text, &c.Variant, (*plainCode)(c))
}

// ScopeFunction is a function, or as much of it as is in scope.
type ScopeFunction struct {
	Symbol string `json:"symbol"`
	Role   string `json:"role"`  // "body", "caller", "callee" or "path"
	Bytes  uint64 `json:"bytes"` // of code
	Why    string `json:"why"`   // it is in scope
}

// ScopeStop is an instruction of the scope that orders accesses, or leaves the scope.
type ScopeStop struct {
	Kind   string `json:"kind"`              // "call", "barrier", "atomic", "release", "acquire", "system", "exception" or "unknown"
	AtBoot bool   `json:"patched,omitempty"` // the kernel may put it there when it boots
	Near   bool   `json:"near,omitempty"`    // it is at the lines of the patch, or between its hunks
	Instruction
}

// Failure is an error in a result.
type Failure struct {
	Whose   string `json:"whose"`
	Op      string `json:"op"`
	Message string `json:"message"`
	Log     string `json:"log,omitempty"`
	Tail    string `json:"tail,omitempty"`
	Try     string `json:"try,omitempty"`
}

// Command is the subcommand that a result is of. Earlier versions and later ones may
// have others: what is none of these is shown as it stands.
type Command string

// The commands that leave a result.
const (
	CommandBuild   Command = "build"
	CommandRun     Command = "run"     // one kernel
	CommandCompare Command = "compare" // both
	CommandReplay  Command = "replay"
	CommandSoak    Command = "soak"
	CommandLitmus  Command = "litmus"

	CommandBarriers Command = "barriers"
)

// Result is one command's outcome: what was asked, with what it was done, what
// was seen, and what it means. Report renders it; nothing else is needed.
type Result struct {
	Command      Command
	Started      time.Time // in UTC; zero, as Ended: not known, in what earlier versions wrote
	Ended        time.Time
	Version      string // the rig's own
	Go           string // the Go that the rig was built with
	Spec         Spec
	Words        wording.Words // the scenario's; none in what earlier versions wrote
	ScenarioHash string        // of the scenario's file and all that it names; empty: not known
	ScenarioFrom string        // the folder or file that was named; empty: the scenario comes with the rig, or this is not known
	Judgement    Judgement     // its verdict stays unknown unless both kernels ran
	Prepared
	Host         Host
	Observations []Observation
	Witnesses    []Witness
	Notes        []string           // what the reader should know, such as an emulator that was not needed
	Timings      map[string]float64 // seconds per stage
	Replay       *Replay            // of the command replay alone
	Failure      *Failure
	Folder       string // that holds it, in no document; empty: none was written
}

// Prepared is what a result tells of all that was made before the boots, as far as it
// was made.
type Prepared struct {
	Kernel      Kernel
	Patches     []Patch // in order; none: not known, or a tree as it stands
	Images      []Image
	QEMU        QEMU
	Provenance  *Provenance // nil: not known
	CodeDiffers *bool       // where the bug is; nil: not compared
	// CodeElsewhere says that the code differs, but not where the bug is.
	CodeElsewhere bool
	Code          []Code
	Readers       []ReaderCode // of the readers that ran under the emulator
}

// Host is the machine that the rig ran on. Members are empty where unknown.
type Host struct {
	System string `json:"system"` // the distribution's own name for itself
	Kernel string `json:"kernel"` // uname -r
	Arch   string `json:"arch"`   // as Go names it
	CPU    string `json:"cpu"`    // model
	CPUs   int    `json:"cpus"`   // usable by the rig
}

// FailureOf puts an error into a result; nil stays nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	all, interrupted := fault.Summary(err), errors.Is(err, context.Canceled)
	f := &Failure{Whose: all.Kind.String(), Op: all.Op, Message: err.Error(), Log: all.Log, Tail: strings.TrimRight(all.Tail, "\n"), Try: all.Try}
	if interrupted {
		f.Message = "interrupted: " + f.Message
	} else if f.Try == "" {
		f.Try = cmp.Or(ranOut(err), lastResort[all.Kind])
	}
	return f
}

// ranOut is what to try where the system had no more of something; empty: it is not that.
func ranOut(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return "allow more open files: ulimit -n 1024"
	case errors.Is(err, syscall.ENFILE):
		return "end other programs: the system has no more open files to give"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room: kcovrig cache prune, or other folders in KCOVRIG_CACHE and TMPDIR"
	}
	return ""
}

// AskHelp is what a user can always try. Who knows which command it is names that instead.
const AskHelp = "kcovrig help, followed by the command"

// lastResort is what to try where whoever met the error knew nothing better.
var lastResort = map[fault.Kind]string{
	fault.User:   AskHelp,
	fault.Rig:    "kcovrig doctor, which says what this machine lacks",
	fault.Kernel: "read the log, which holds what the kernel or its compiler said",
	fault.Guest:  "run it again; where it persists, the console says what the guest met",
}
