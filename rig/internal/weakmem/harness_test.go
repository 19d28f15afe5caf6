// SPDX-License-Identifier: Apache-2.0

package weakmem

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kcovrig/rig/fault"
	"kcovrig/rig/internal/proc"
)

// The guest of the harness: testdata/harness maps both halves of the address
// space to the same RAM.
const (
	ramBase  = 0x40000000
	ramBytes = 32 << 20
	kernel   = 0xffff000000000000

	codeAt  = kernel + ramBase + 1<<20 // the body, 1 MiB
	extraAt = codeAt + 1<<20           // callers and callees
	dataAt  = kernel + ramBase + 16<<20
)

// build says how the harness is compiled.
type build struct {
	api       int
	sanitized bool
	mutants   bool
	points    bool // another vCPU may go on at every access of the plugin's
	races     bool // ThreadSanitizer looks at each access of the plugin's
}

var (
	buildsLock sync.Mutex
	builds     = map[build]string{}
	buildsDir  string
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "weakmem-harness-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildsDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// harness compiles the plugin with its harness, once per kind.
func harness(t testing.TB, b build) string {
	t.Helper()
	if testing.Short() {
		t.Skip("C code in a process of its own, of no interest to the race detector: go test ./rig/internal/weakmem")
	}
	cc, err := proc.LookPath("cc")
	if err != nil {
		t.Skip("no cc: apt-get install gcc libc6-dev")
	}
	buildsLock.Lock()
	defer buildsLock.Unlock()
	if path := builds[b]; path != "" {
		return path
	}
	path := filepath.Join(buildsDir, fmt.Sprintf("harness-%d-%t-%t-%t-%t", b.api, b.sanitized, b.mutants, b.points, b.races))
	plugin, rest := sources(t, "plugin/*.c"), sources(t, "testdata/harness/*.c")
	flags := b.flags()
	switch {
	case b.points:
		plugin = compileApart(t, cc, b, path+"-plugin", plugin, "--param=tsan-instrument-func-entry-exit=0") // -O1, so that it has as many points
	case b.races:
		plugin = append(compileApart(t, cc, b, path+"-plugin", plugin, "-Wno-tsan"), "-ltsan") // it knows no fences; nothing rests on one alone
		rest = slices.DeleteFunc(rest, func(file string) bool { return filepath.Base(file) == "points.c" })
	}
	args := append(flags, "-O2", "-Wall", "-Wextra", "-Werror", "-pthread", "-Wl,--wrap=clock_gettime,--wrap=history_unlock,--wrap=calloc", "-o", path)
	args = slices.Concat(args, rest, plugin)
	compile(t, cc, "", args)
	builds[b] = path
	return path
}

func (b build) flags() []string {
	flags := []string{"-std=gnu11", "-g", "-O1", "-I" + absolute("plugin"), fmt.Sprintf("-DKCOVRIG_API=%d", b.api),
		fmt.Sprintf("-DKCOVRIG_CHOICES=%q", absolute("testdata/harness/explore.h"))}
	if b.sanitized {
		flags = append(flags, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
	}
	if b.mutants {
		flags = append(flags, "-DKCOVRIG_MUTANTS")
	}
	return flags
}

// compileApart makes objects of the plugin's sources that call ThreadSanitizer's functions before
// each access to memory: its own, or those of testdata/harness/points.c.
func compileApart(t testing.TB, cc string, b build, dir string, files []string, flag string) []string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil { // it is there where the compiler failed before
		t.Fatal(err)
	}
	compile(t, cc, dir, slices.Concat(b.flags(), []string{"-fsanitize=thread", flag, "-c"}, files))
	objects, err := filepath.Glob(filepath.Join(dir, "*.o"))
	if err != nil || len(objects) != len(files) {
		t.Fatalf("%d objects of %d sources: %v", len(objects), len(files), err)
	}
	return objects
}

func compile(t testing.TB, cc, dir string, args []string) {
	t.Helper()
	_, err := proc.Run(t.Context(), proc.Command{Path: cc, Args: args, Dir: dir, Kind: fault.Rig, Op: "compile the harness"})
	if err != nil {
		t.Fatalf("%v\n%s", err, tailOf(err))
	}
}

func sources(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(absolute(pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return files
}

// absolute is a path of this package's, for commands that work elsewhere.
func absolute(path string) string {
	here, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return here
}

// guest is a run of the harness.
type guest struct {
	build    build
	vcpus    int
	mutant   string // empty: none
	plan     string // lines beyond ram and counters; empty: one body
	script   string
	schedule string   // of litmus tests: empty, fine or fixed (testdata/harness/litmus.c)
	shape    shape    // of litmus tests' threads
	asleep   bool     // the script itself makes the emulator begin
	lse2     bool     // the CPU has FEAT_LSE2: an aligned pair is one access
	untold   bool     // nothing is told by site
	within   []string // a command that runs it; empty: none
}

// apart is a body in the user's half, as the guest's reader is: no code of the
// kernel is reached from it, nor the other way round.
const apart = "scope body 0x41500000 0x41501000 body\n"

const bodyPlan = "seed 1\nset active 1000\nset body-delay 1000\nset track 1\nset exact 1000\n"

// run executes the script and returns what it printed.
func (g guest) run(t testing.TB) string {
	t.Helper()
	out, err := g.start(t)
	if err != nil {
		t.Fatalf("%v\n%s\nafter:\n%s", err, tailOf(err), proc.LastLines(out, 20))
	}
	return out
}

func (g guest) start(t testing.TB, env ...string) (string, error) {
	t.Helper()
	if g.build.api == 0 {
		g.build.api = MaxAPI
	}
	bin, dir := harness(t, g.build), t.TempDir()
	plan := filepath.Join(dir, "plan")
	if g.plan == "" {
		g.plan = bodyPlan
	}
	text := fmt.Sprintf("kcovrig-plan 2\nram %#x %#x\ncounters %s\n%s", ramBase, ramBytes, filepath.Join(dir, "counters"), g.plan)
	if !g.untold {
		text += fmt.Sprintf("sites %s\n", filepath.Join(dir, "sites"))
	}
	if strings.Contains(g.plan, "change ") && !g.untold {
		text += fmt.Sprintf("alterations %s\n", filepath.Join(dir, "alterations"))
	}
	if !strings.Contains(g.plan, apart) {
		text += fmt.Sprintf("scope body %#x %#x body\n", uint64(codeAt), uint64(extraAt))
	}
	if err := os.WriteFile(plan, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{fmt.Sprint(max(g.vcpus, 2)), plan, fmt.Sprint(ramBase), fmt.Sprint(ramBytes)}
	if g.mutant != "" {
		args = append(args, g.mutant)
	}
	if !g.asleep { // the first exception makes it begin
		g.script = "event 0\n" + g.script
	}
	if g.lse2 {
		env = append(env, "HARNESS_LSE2=1")
	}
	argv := slices.Concat(g.within, []string{bin}, args)
	res, err := proc.Run(t.Context(), proc.Command{
		Path: argv[0], Args: argv[1:], Kind: fault.Rig, Op: "run the harness",
		Env: append([]string{"ASAN_OPTIONS=detect_leaks=0"}, env...), Stdin: strings.NewReader(g.script),
	})
	return string(res.Stdout), err
}

// A QEMU that says something else than where its RAM is gets no emulator.
func TestRAMThatIsElsewhere(t *testing.T) {
	for off, why := range map[string]string{"4096": "other content", "1073741824": "no memory"} {
		_, err := guest{}.start(t, "HARNESS_HADDR_OFF="+off)
		if err == nil || !strings.Contains(tailOf(err), "RAM is not where") {
			t.Fatal(why, err, tailOf(err))
		}
	}
	if _, err := (guest{}).start(t, "HARNESS_HADDR_OFF=0"); err != nil {
		t.Fatal(err)
	}
}

// codeLine is the script's command that puts words at an address.
func codeLine(at uint64, words []uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "code %#x", at)
	for _, w := range words {
		fmt.Fprintf(&b, " %#x", w)
	}
	b.WriteByte('\n')
	return b.String()
}
