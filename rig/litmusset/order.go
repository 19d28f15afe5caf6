// SPDX-License-Identifier: Apache-2.0

package litmusset

func ordered() Family {
	return Family{
		"ordered", "store-releases, and loads that acquire by LDAR and LDAPR", []Cross{
			edges("PodWW,PodWWPL,PodWWLP,PodWWLL,DMB.STdWW", "Rfe", "PodRRQP,PodRRQQ,PodRRPQ,PodRRAQ,PodRRQA,PodRRAA", "Fre"),
			edges("PodWRLA,PodWRLQ,PodWRPA,PodWRPQ,PodWRLP", "Fre", "PodWRLA,PodWRLQ,PodWRPQ,DMB.SYdWR", "Fre"),
			edges("PodWWPL,PodWWLP,DMB.STdWW", "Rfe", "PodRWQP,PodRWQL,PodRWPL,PodRWAP", "Wse"),
			edges("PodWWPL,PodWWLL,DMB.STdWW", "Wse", "PodWRLA,PodWRLQ,PodWRPQ", "Fre"),
			edges("PodWWPL,PodWWLP,PodWWLL", "Wse", "PodWWPL,PodWWLP,DMB.STdWW", "Wse"),
			edges("PodRWQP,PodRWQL,PodRWPL,PodRWAP", "Rfe", "PodRWQP,PodRWPL,DpDatadW", "Rfe"),
		},
	}
}

func forwarded() Family {
	return Family{
		"forwarded", "an own store is forwarded, and something depends on what it gave (PPOCA, PPOAA)", []Cross{
			edges("DMB.STdWW,PodWWPL", "Rfe", "DpCtrldW,DpAddrdW,DpDatadW,PodRW", "Rfi", "DpAddrdR,DpCtrlIsbdR,DpCtrldR,DMB.LDdRR,ISBdRR", "Fre"),
			edges("DMB.STdWW", "Rfe", "[DpCtrldW,RfiPQ,PodRRQP],[DpAddrdW,RfiPQ,PodRRQP],[DpDatadW,RfiPQ,PodRRQP],[PodRWPL,RfiLQ,PodRRQP],[PodRWPL,RfiLA,PodRRAP],[PodRWAP,RfiPQ,PodRRQP]", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpCtrldW,DpAddrdW,DpDatadW", "Rfi", "DpDatadW,DpCtrldW,DpAddrdW", "Wse"),
			edges("Rfi", "DpAddrdR,PodRR,DpCtrlIsbdR,DMB.LDdRR", "Fre", "Rfi", "DpAddrdR,PodRR,DpCtrlIsbdR,DMB.LDdRR", "Fre"),
			edges("DMB.STdWW", "Wse", "Rfi", "DpAddrdR,PodRR,DpCtrlIsbdR,DMB.LDdRR,DMB.SYdRR", "Fre"),
		},
	}
}

func sameLocation() Family {
	const next = "DpAddrdR,DpCtrlIsbdR,PodRR,DMB.LDdRR"
	return Family{
		"same-write", "two loads of one place, which may read from the same write or from two (RSW, RDW)", []Cross{
			edges("DMB.STdWW,PodWWPL", "Rfe", "DpAddrdR,DpCtrldR,DpCtrlIsbdR,PodRR", "PosRR", next, "Fre"),
			edges("DMB.STdWW", "Rfe", "PosRR", next+",DpCtrldR", "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrdR,PodRR", "Fre", "Rfe", next, "Fre"),
			edges("DMB.STdWW", "Rfe", "DpAddrdR,PodRR", "PosRW", "Rfi", next, "Fre"),
		},
	}
}

func coherence() Family {
	return Family{
		"coherence", "accesses to one place between those in question, and their forwarding", []Cross{
			edges("DMB.STdWW,PodWWPL", "Rfe", "Fri,PosRW", "Rfi", "DpAddrdR,PodRR,DpCtrlIsbdR,DMB.LDdRR", "Fre"),
			edges("PodWW,DMB.STdWW", "Wsi", "Rfe", "DpAddrdR,PodRR,PosRR,DpCtrlIsbdR", "Fre"),
			edges("Wsi", "PodWW,DMB.STdWW,PodWWPL", "Rfe", "DpAddrdR,PodRR,DMB.LDdRR", "Fre"),
			edges("Wsi", "Rfi", "DpAddrdR,PodRR", "Fre", "DMB.SYdWR,PodWR,[Wsi,PodWR]", "Fre"),
			edges("DMB.STdWW", "Rfe", "[PodRR,Fri],[DpAddrdR,Fri],[Fri,PodWW],[Fri,DMB.STdWW]", "Wse"),
			edges("PodWW,DMB.STdWW", "Wse", "[Wsi,PodWR],[PodWR,PosRR],[Wsi,Rfi,PodRR]", "Fre"),
		},
	}
}

func pairs() Family {
	return Family{
		"pairs", "loads and stores of two registers", []Cross{
			edges("PodWWPPa,PodWWPaP,PodWWPaPa,DMB.STdWWPPa,DMB.STdWWPaP", "Rfe", "PodRRPaP,PodRRPPa,PodRRPaPa,DMB.LDdRRPaP,DMB.LDdRRPPa", "Fre"),
			edges("PodWRPaP,PodWRPPa,DMB.SYdWRPaP,DMB.SYdWRPPa", "Fre", "PodWRPaP,PodWRPPa,DMB.SYdWRPaPa", "Fre"),
			edges("DMB.STdWWPPa", "Rfe", "DpAddrdRPaP,DpCtrldRPaP,DpCtrlIsbdRPaP", "Fre"),
			edges("DMB.STdWWPPa,PodWWPPa", "Rfe", "DpAddrdWPaP,DpDatadWPaP,DpCtrldWPaP", "Wse"),
		},
	}
}
