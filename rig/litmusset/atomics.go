// SPDX-License-Identifier: Apache-2.0

package litmusset

import "slices"

// rmws are the atomics of FEAT_LSE and the exclusive pair.
var rmws = slices.Concat(withResult, noResult, exclusive)

func atomicWriters() Family {
	return Family{
		"atomic-writers", "an atomic between the data's store and the flag's", []Cross{
			edges(everyOrder("PodWR", "PodWW", rmws...), "Rfe", "DpAddrdR,PodRRQP", "Fre"),
		},
	}
}

func atomicReaders() Family {
	return Family{
		"atomic-readers", "an atomic between the flag's load and the data's access", []Cross{
			edges("DMB.STdWW", "Rfe", everyOrder("PodRR", "PodWR", rmws...), "Fre"),
			edges("PodWWPL", "Rfe", everyOrder("PodRR", "PodWW", rmws...), "Wse"),
		},
	}
}

func atomicStoreBuffering() Family {
	return Family{
		"atomic-sb", "an atomic between a store and a later load", []Cross{
			edges(everyOrder("PodWR", "PodWR", rmws...), "Fre", "DMB.SYdWR", "Fre"),
			edges(everyOrder("PodWR", "PodWR", "Amo.Swp", "Amo.LdAdd", "Amo.StAdd", "LxSx"), "Fre", "[PodWRPA,Amo.Cas,PodWRLP],[PodWR,Amo.LdClr,PodWR],[PodWR,LxSx,PodWRLP]", "Fre"),
		},
	}
}

func atomicFlags() Family {
	return Family{
		"atomic-flags", "the flag is written, or read, by an atomic", []Cross{
			edges(everyOrder("PodWR", "Rfe", rmws...), "DpAddrdR,PodRRAP", "Fre"),
			edges("DMB.STdWW,PodWWPL", everyOrder("Rfe", "PodWR", slices.Concat(withResult, exclusive)...), "Fre"),
			edges("DMB.STdWW", everyOrder("Rfe", "PodWW", "Amo.Swp", "Amo.LdSet", "Amo.Cas", "LxSx"), "Wse"),
		},
	}
}

func withoutResult() Family {
	const barriers = "DMB.LDdWR,DMB.STdWR,DSB.LDdWR,ISBdWR"
	return Family{
		"atomic-barriers", "an atomic with or without a result, and a barrier behind it", []Cross{
			edges("DMB.STdWW", "Rfe", "Amo.StAdd,Amo.StClr,Amo.StEor,Amo.StSet,Amo.LdAdd,Amo.Swp,Amo.Cas", barriers, "Fre"),
			edges("DMB.SYdWW", "Rfe", "PodRR", "Amo.StAdd,Amo.StSet,Amo.LdAdd,Amo.LdClr,Amo.Swp,Amo.Cas,LxSx", barriers, "Fre"),
			edges("PodWR", "Amo.StAdd,Amo.LdAdd,LxSx", "DMB.LDdWW,DMB.STdWW,ISBdWW", "Rfe", "DpAddrdR", "Fre"),
		},
	}
}

func atomicWrites() Family {
	few := []string{"Amo.LdEor", "Amo.StEor", "Amo.Cas", "LxSx"}
	return Family{
		"atomic-writes", "atomics where the order of writes is the question", []Cross{
			edges(everyOrder("PodWR", "PodWW", few...), "Wse", "PodWW,DMB.STdWW", "Wse"),
			edges("PodWW,DMB.STdWW", "Wse", everyOrder("PodWR", "PodWR", few...), "Fre"),
			edges(everyOrder("PodWR", "PodWW", few...), "Wse", "DMB.SYdWR", "Fre"),
			edges(everyOrder("PodWR", "Wse", "Amo.Swp", "Amo.StAdd", "LxSx"), "DMB.SYdWW,PodWW", "Wse"),
		},
	}
}

func exclusives() Family {
	return Family{
		"exclusives", "exclusive pairs on both sides, and what depends on them", []Cross{
			edges(everyOrder("PodWR", "PodWW", "LxSx"), "Rfe", everyOrder("PodRR", "PodWR", "LxSx", "Amo.Cas"), "Fre"),
			edges("PodWR,PodWRPA", "LxSx", "Rfe,RfePA,RfeLP,RfeLA", "LxSx", "PodWR,PodWRLP", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrdR,DpCtrldR,DpCtrlIsbdR", "LxSx,Amo.Swp,Amo.Cas", "PodWR,DMB.LDdWR,ISBdWR", "Fre"),
			edges("DMB.SYdWW", "Rfe", "LxSx,Amo.LdAdd", "PodWR,PodWRLA", "Fre"),
		},
	}
}
