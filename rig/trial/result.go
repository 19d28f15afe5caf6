// SPDX-License-Identifier: Apache-2.0

package trial

// Kernel says which kernel was built, from what and with what.
type Kernel struct {
	Version    string `json:"version"`
	Tree       string `json:"tree"`
	TreeHash   string `json:"treeHash"`
	ConfigHash string `json:"configHash"`
	Compiler   string `json:"compiler"`
}

// Image is one built kernel.
type Image struct {
	AsIs    bool   `json:"asIs,omitempty"` // as in Observation
	Patched bool   `json:"patched"`
	Path    string `json:"path"`
	Key     string `json:"key"`
	Hash    string `json:"hash,omitempty"`  // SHA-256 of the file at Path
	Patch   string `json:"patch,omitempty"` // hash of the files in which the arm differs from the tree
	Cached  bool   `json:"cached"`
	Log     string `json:"log,omitempty"`
	CPUNS   int64  `json:"cpuNS"`
	WallNS  int64  `json:"wallNS"`
}

// QEMU says which emulator ran.
type QEMU struct {
	Argv        []string    `json:"argv"` // how it is started
	Version     string      `json:"version"`
	PluginAPI   int         `json:"pluginAPI"`
	Accel       Accel       `json:"accel"`
	MemoryModel MemoryModel `json:"memoryModel"` // what ran: "native" where the plugin was not used
}

// Code is what the disassembly of one arm's kernel says.
type Code struct {
	AsIs      bool     `json:"asIs,omitempty"` // as in Observation
	Patched   bool     `json:"patched"`
	Container string   `json:"container"` // the symbol that holds the two writes
	Ordered   string   `json:"ordered"`   // "yes", "no", "partly" or "unknown"
	Barriers  []string `json:"barriers"`
	// Publish are the stores that make the copy visible as a whole; Between are the
	// barriers once more, with their places.
	Publish []Instruction `json:"publish,omitempty"`
	Between []Instruction `json:"between,omitempty"`
	Listing string        `json:"listing,omitempty"` // path
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

// Result is one command's outcome: what was asked, with what it was done, what
// was seen, and what it means. Report renders it; nothing else is needed.
type Result struct {
	Command      string // the subcommand
	Version      string // the rig's own
	Go           string // the Go that the rig was built with
	Spec         Spec
	Judgement    Judgement // its verdict stays unknown unless both arms ran
	Kernel       Kernel
	Images       []Image
	QEMU         QEMU
	Setup        *Setup // nil: not known
	Host         Host
	CodeDiffers  *bool // nil: not compared
	Code         []Code
	Readers      []ReaderCode // of the readers that ran under the emulator
	Observations []Observation
	Witnesses    []Witness
	Notes        []string           // what the reader should know, such as an emulator that was not needed
	Timings      map[string]float64 // seconds per stage
	Replay       *Replay            // of the command replay alone
	Failure      *Failure
}
