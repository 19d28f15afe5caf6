// SPDX-License-Identifier: Apache-2.0

package main

// What single exit codes mean in the help of most commands.
const (
	exitHead   = "Exit codes:\n"
	helpUsage  = "  2  wrong usage\n"
	helpRig    = "  3  a fault of the rig or its tools, or interrupted"
	helpEarly  = helpRig + " before anything was\n     measured\n"
	helpKernel = "  5  the kernel did not build, boot or finish\n"
	helpNotFor = "  6  not applicable: the scenario is not for this tree or architecture"
)

// The exit codes of each command, as its help documents them.
const (
	// exitHelp is of all commands together.
	exitHelp = exitHead + `  0  fixed, or no effect possible; for other commands: done, the kernel ran
  1  not fixed; matrix: a cell is not as expected; soak: a store was lost, or
     hits came through a barrier
` + helpUsage + helpEarly + `  4  inconclusive, identical kernels, or interrupted before there was a verdict
` + helpKernel + helpNotFor + "\nThe help of each command has its own."

	exitsOfLists   = exitHead + "  0  done\n" + helpUsage + helpRig
	exitsOfDoctor  = exitHead + "  0  nothing that is required is missing\n" + helpUsage + "  3  something required is missing"
	exitsOfBuild   = exitHead + "  0  built\n" + helpUsage + helpRig + "\n  5  the kernel did not build\n" + helpNotFor
	exitsOfRun     = exitHead + "  0  the kernel ran, whatever it showed\n" + helpUsage + helpEarly + "  4  interrupted with something measured\n" + helpKernel + helpNotFor
	exitsOfCompare = exitHead + "  0  fixed, or no effect possible\n  1  not fixed; with --virtual-fix or --weaken: the bug was seen\n" + helpUsage + helpEarly +
		"  4  inconclusive, identical kernels, or interrupted before there was a verdict\n" + helpKernel + helpNotFor
	exitsOfSoak = exitHead + "  0  no store was lost\n  1  a store was lost, or hits came through a barrier\n" + helpUsage + helpEarly +
		"  4  interrupted with something measured\n  5  the kernel did not build, boot or finish, or it complained\n" + helpNotFor
	exitsOfMatrix = exitHead + `  0  every cell came to what was expected
  1  a cell came to something else; else cells without a result decide, in the
     order 2, 5, 3, 4
` + helpUsage + helpRig + " before any cell had a\n     result\n  4  a cell is inconclusive, or interrupted with the results of some cells\n" + helpKernel +
		"  6  a scenario is not for a cell's tree or architecture"
	exitsOfBisect = exitHead + "  0  one commit was found\n  2  wrong usage; or ends that are swapped, do not show the bug, are not clean\n     or unrelated\n" +
		helpRig + ": call it again\n  4  several commits cannot be told apart, since they cannot be tested\n  5  an end does not build or boot\n  6  not applicable: the scenario is not for the architecture"
	exitsOfBarriers = exitHead + "  0  everything has an answer; with --suggest: a place was found\n" + helpUsage + helpEarly +
		"  4  something has no answer, or no place was found but by measurement alone\n" + helpKernel + helpNotFor
	exitsOfReplay = exitHead + "  0  every try reached it\n  2  wrong usage; or a kernel, a machine or a guest that is not the run's\n  3  a fault of the rig or its tools in every try, or interrupted\n" +
		"  4  some tries or none reached it\n  5  a fault of the kernel in every try\n" + helpNotFor
	exitsOfExplain = exitHead + "  0  done\n  1  with --litmus: herd7 says otherwise than the run\n" + helpUsage + helpRig + "\n  4  with --litmus: herd7 said nothing in time"
	exitsOfLitmus  = exitHead + "  0  sound: every test ran, and no state was seen that the model forbids\n  1  a forbidden state was seen\n" + helpUsage + helpRig +
		"\n  4  something could not be run or judged, and nothing forbidden was seen\n" + helpKernel + helpNotFor
	exitsOfExpect = exitHead + `  0  done, without a contradiction
  1  hits were measured that the model rules out, or a test of --lkmm is not as
     its Result line says; one without such a line contradicts nothing
` + helpUsage + helpRig + "\n  4  herd7 said nothing of some tests in time"
	exitsOfCheck = exitHead + "  0  nothing is wrong or left to do\n  2  wrong usage, or something is wrong or left to do\n" + helpRig + "\n" + helpKernel + helpNotFor
)
