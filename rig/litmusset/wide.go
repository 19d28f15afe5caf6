// SPDX-License-Identifier: Apache-2.0

package litmusset

func threeThreads() Family {
	return Family{
		"three-threads", "atomics, loads that acquire and dependencies where a write is seen by way of a third thread", []Cross{
			edges("Rfe", everyOrder("PodRR", "PodWW", "Amo.Swp", "Amo.StAdd", "LxSx"), "Rfe", "DpAddrdR,PodRRQP", "Fre"),
			edges("Rfe", "PodRWQP,PodRWPL,PodRWQL,DpAddrdW", "Rfe", "PodRRQP,PodRRAP,DpAddrdR,DMB.LDdRR", "Fre"),
			edges("DMB.STdWW,PodWWPL", "Rfe", "PodRWQP,PodRWPL,DpCtrldW,DpDatadW", "Rfe", "PodRRQP,DpCtrlIsbdR,DpAddrdR", "Fre"),
			edges("Rfe", "PodRRQP,DpAddrdR,DMB.LDdRR", "Fre", "DMB.SYdWR,PodWRLA,PodWRLQ,[PodWRPA,Amo.Swp,PodWRLP]", "Fre"),
			edges("Rfe", "PodRWQP,PodRWPL,DpDatadW", "Wse", "DMB.SYdWR,PodWRLA,DMB.STdWR", "Fre"),
			edges("DMB.STdWW,PodWWPL", "Wse", "PodWWPL,DMB.STdWW", "Rfe", "DpAddrdR,PodRRQP", "Fre"),
			edges("DMB.STdWW,PodWWPL", "Wse", "DMB.SYdWR,PodWRLA", "Fre", "DMB.SYdWR,PodWRLQ", "Fre"),
			edges("[Rfe,Amo.Swp,Rfe],[RfePA,Amo.Swp,Rfe],[Rfe,Amo.LdAdd,RfeLP],[RfePA,Amo.Cas,RfeLP],[RfePA,LxSx,RfeLP],[Rfe,LxSx,Rfe]", "DpAddrdR,PodRRQP,DpCtrldR", "Fre", "DMB.STdWW,PodWWPL"),
			edges("Rfe", "DpAddrdW,DpDatadW", "Rfi", "DpAddrdR,PodRR", "Fre", "DMB.SYdWR", "Fre"),
		},
	}
}

func fourThreads() Family {
	return Family{
		"four-threads", "two writers whose order two readers see", []Cross{
			edges("Rfe", "DpAddrdR,PodRRQP,PodRRAP,DMB.LDdRR,DpCtrlIsbdR", "Fre", "Rfe", "DpAddrdR,PodRRQP,DpCtrldR,DpAddrCseldR", "Fre"),
			edges("Rfe", everyOrder("PodRR", "PodWR", "Amo.LdAdd", "LxSx"), "Fre", "Rfe", "DpAddrdR,PodRRQP", "Fre"),
			edges("Rfe", "DpAddrdR,PodRRQP", "Fre", "Rfe", "DpDatadW,PodRWQP,PodRWPL", "Wse"),
			edges("Rfe", "PodRWQP,DpDatadW", "Rfe", "PodRWPL,DpDatadW", "Rfe", "DpAddrdR,PodRRQP", "Fre"),
		},
	}
}
