// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"bufio"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// decoded is one line of the harness's "decode" command.
func decoded(line string) (class string, fields map[string]string) {
	words := strings.Fields(line)
	fields = map[string]string{}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		fields[key] = value
	}
	return words[0], fields
}

// compareWords decodes every word with the plugin and with objdump and returns
// how many of each mnemonic agreed; disagreements are errors.
func compareWords(t *testing.T, b build, words []uint32) map[string]int {
	t.Helper()
	objdump := needCross(t, "aarch64-linux-gnu-objdump")
	file := filepath.Join(t.TempDir(), "words")
	data := make([]byte, 0, 4*len(words))
	for _, w := range words {
		data = binary.LittleEndian.AppendUint32(data, w)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	_, err := proc.Run(t.Context(), proc.Command{Path: objdump, Args: []string{"-D", "-z", "-b", "binary", "-m", "aarch64", file},
		Stdout: &text, Kind: fault.Rig, Op: "disassemble"})
	if err != nil {
		t.Fatal(err)
	}
	g := guest{build: b, script: "decode " + file + "\n"}
	ours := bufio.NewScanner(strings.NewReader(g.run(t)))
	counts, at, wrong := map[string]int{}, 0, 0
	for s := bufio.NewScanner(&text); s.Scan(); {
		columns := strings.Split(s.Text(), "\t")
		if len(columns) < 3 || !strings.HasSuffix(columns[0], ":") {
			continue
		}
		if !ours.Scan() {
			t.Fatal("the decoder printed too few lines")
		}
		operands := ""
		if len(columns) > 3 {
			operands, _, _ = strings.Cut(strings.TrimSpace(columns[3]), "  //")
		}
		name, complaint := compareWord(words[at], columns[2], operands, uint64(4*at), ours.Text())
		if counts[name]++; complaint != "" {
			if wrong++; wrong < 40 {
				t.Errorf("%08x %s %s: %s", words[at], columns[2], operands, complaint)
			}
		}
		at++
	}
	if at != len(words) || ours.Scan() || wrong > 0 {
		t.Errorf("%d of %d words compared, %d disagreements", at, len(words), wrong)
	}
	return counts
}

func compareWord(word uint32, mnemonic, operands string, at uint64, line string) (name, complaint string) {
	class, fields := decoded(line)
	e, known := expect(word, strings.TrimSpace(mnemonic), operands, at)
	if !known {
		return "(objdump knows none) " + class, ""
	}
	if class != e.class {
		return mnemonic, fmt.Sprintf("decoded as %s, not %s", class, e.class)
	}
	for _, key := range slices.Sorted(maps.Keys(e.fields)) {
		got, want := fields[key], e.fields[key]
		if got != want && !sameNumber(got, want) {
			return mnemonic, fmt.Sprintf("%s is %s, not %s", key, got, want)
		}
	}
	if e.class == "unknown" {
		return "(SVE, SME)", ""
	}
	if e.class == "plain" {
		return "(plain)", complaintOfUses(mnemonic, operands, fields)
	}
	if e.class == "branch" || e.class == "call" || e.class == "indirect" {
		return mnemonic, complaintOfUses(mnemonic, operands, fields)
	}
	return mnemonic, ""
}

func sameNumber(a, b string) bool {
	x, err := strconv.ParseInt(a, 0, 64)
	y, err2 := strconv.ParseInt(b, 0, 64)
	return err == nil && err2 == nil && x == y
}

func logCounts(t *testing.T, counts map[string]int) {
	t.Helper()
	var b strings.Builder
	total := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, " %s %d", name, counts[name])
		total += counts[name]
	}
	t.Logf("%d words compared:%s", total, b.String())
}

// What go test -fuzz finds, in words: a disagreement, or what the sanitizers say.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x20, 0x00, 0x00, 0xf9, 0xbf, 0x3b, 0x03, 0xd5, 0x41, 0xfc, 0xdf, 0xc8}) // STR, DMB ISH, LDAR
	b := build{api: MaxAPI, sanitized: true}
	harness(f, b) // takes longer than one input may
	f.Fuzz(func(t *testing.T, data []byte) {
		var words []uint32
		for ; len(data) >= 4; data = data[4:] {
			words = append(words, binary.LittleEndian.Uint32(data))
		}
		if len(words) > 0 {
			compareWords(t, b, words)
		}
	})
}

// Half of the random words are loads and stores; all are the same each time.
func TestDecodeRandomWords(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := make([]uint32, 300000)
	for i := range words {
		words[i] = random.Uint32()
		switch i % 4 {
		case 0, 1:
			words[i] = words[i]&^0x0a000000 | 0x08000000
		case 2: // branches and the system instructions among them
			words[i] = words[i]&0xe1ffffff | 0x14000000
			if i%8 == 2 {
				words[i] = words[i]&0x000fffff | 0xd5000000 | words[i]&0x00300000
			}
		}
	}
	logCounts(t, compareWords(t, build{sanitized: true}, words))
}

// Every form of loads, stores, barriers and hints, with a few registers each.
func TestDecodeEveryForm(t *testing.T) {
	var words []uint32
	form := func(base uint32, bits ...int) {
		for n := range 1 << len(bits) {
			word := base
			for i, bit := range bits {
				word |= uint32(n) >> i & 1 << bit
			}
			words = append(words, word)
		}
	}
	for _, r := range []uint32{0 | 1<<5, 3 | 31<<5, 31 | 7<<5} { // Rt and Rn
		form(0x08000000|31<<16|31<<10|r, 31, 30, 23, 22, 21, 15)         // exclusives, CAS, LDAR, STLR
		form(0x18000000|r, 31, 30, 26, 23, 12)                           // literal
		form(0x19000000|r, 31, 30, 23, 22, 20, 15)                       // RCPC2
		form(0x28000000|2<<10|r, 31, 30, 26, 24, 23, 22, 21, 15)         // pairs
		form(0x38000000|r, 31, 30, 26, 23, 22, 20, 16, 11, 10)           // imm9
		form(0x38200000|5<<16|r, 31, 30, 26, 23, 22, 15, 14, 13, 12, 11) // register offset, atomics
		form(0x38200000|31<<16|r, 31, 30, 26, 23, 22, 15, 14, 13, 12)    // LDAPR, and stores of atomics
		form(0x39000000|r, 31, 30, 26, 23, 22, 21, 10)                   // unsigned offset
	}
	form(0xd503301f, 11, 10, 9, 8, 7, 6, 5)                             // barriers
	form(0xd503201f, 11, 10, 9, 8, 7, 6, 5)                             // hints
	form(0xd5080000, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5) // SYS: TLBI, IC, DC
	form(0x54000000|8<<5, 0, 1, 2, 3, 4)                                // conditions
	form(0xd61f0000|9<<5, 22, 21, 24, 11, 10)                           // indirect branches
	logCounts(t, compareWords(t, build{}, words))
}

// Every word of a kernel.
func TestDecodeKernel(t *testing.T) {
	path := os.Getenv("KCOVRIG_VMLINUX")
	if path == "" {
		t.Skip("no kernel: KCOVRIG_VMLINUX=path/to/arm64/vmlinux go test ./rig/internal/weakmem -run TestDecodeKernel")
	}
	decodeAll(t, path)
}

// goSettings say where Go keeps what it has and gets what it lacks.
var goSettings = append([]string{"GOCACHE", "GOFLAGS", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN"}, proc.Network...)

// The reader's scope is in the guest, which another compiler made.
func TestDecodeGuest(t *testing.T) {
	tool, err := proc.LookPath("go")
	if err != nil {
		t.Skip("no go in PATH")
	}
	path := filepath.Join(t.TempDir(), "guest")
	_, err = proc.Run(t.Context(), proc.Command{Path: tool, Args: []string{"build", "-o", path, "kcovrig/guest"},
		Env: []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64"}, Pass: goSettings, Kind: fault.Rig, Op: "build the guest"})
	if err != nil {
		t.Fatalf("%v\n%s", err, tailOf(err))
	}
	decodeAll(t, path)
}

// decodeAll compares every different word of an arm64 program's code.
func decodeAll(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	different := map[uint32]bool{}
	all := 0
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type != elf.SHT_PROGBITS {
			continue
		}
		code, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for ; len(code) >= 4; code = code[4:] {
			different[binary.LittleEndian.Uint32(code)] = true
			all++
		}
	}
	t.Logf("%d words, %d different", all, len(different))
	logCounts(t, compareWords(t, build{}, slices.Sorted(maps.Keys(different))))
}
