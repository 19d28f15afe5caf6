/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rules that tests break on purpose, to show that breaking them is noticed.
 * Compiled with -DKCOVRIG_MUTANT=N rule N does not hold; otherwise every
 * MUTANT() is the constant false. N may be chosen_mutant, then it is chosen
 * at run time. What each number breaks, and which test must notice it, stands
 * in mutants_test.go.
 */
#ifndef KCOVRIG_MUTANT_H
#define KCOVRIG_MUTANT_H

#ifdef KCOVRIG_MUTANT
extern int chosen_mutant;
#define MUTANT(n) (KCOVRIG_MUTANT == (n))
#else
#define MUTANT(n) 0
#endif

#endif
