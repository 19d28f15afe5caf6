/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Rules that tests break on purpose, to show that breaking them is noticed. Compiled
 * with -DKCOVRIG_MUTANT=NAME the rule of that name does not hold; with
 * -DKCOVRIG_MUTANTS the one that chosen_mutant says at run time; otherwise every
 * MUTANT() is the constant false. What each name breaks, and which test must notice
 * it, stands in mutants_test.go.
 */
#ifndef KCOVRIG_MUTANT_H
#define KCOVRIG_MUTANT_H

#define MUTANTS(X)                                                            \
    X(addresses_carry_no_view)                                                \
    X(store_barrier_orders_nothing)                                           \
    X(store_barrier_is_for_waiting_stores_alone)                              \
    X(store_completion_lets_loads_pass)                                       \
    X(load_barrier_raises_no_view)                                            \
    X(acquire_ignores_releases)                                               \
    X(acquire_lets_releases_wait)                                             \
    X(loads_ignore_coherence)                                                 \
    X(acquire_raises_no_view)                                                 \
    X(insn_barrier_raises_no_view)                                            \
    X(partial_overlap_drains_nothing)                                         \
    X(release_passes_older_stores)                                            \
    X(old_translations_are_believed)                                          \
    X(maintenance_drains_no_buffer)                                           \
    X(full_barrier_lets_loads_pass_stores)                                    \
    X(branches_carry_no_view)                                                 \
    X(episode_begins_without_floor)                                           \
    X(late_load_leaves_no_view)                                               \
    X(computation_carries_no_view)                                            \
    X(choices_are_no_branches)                                                \
    X(choice_is_of_the_other_source)                                          \
    X(record_is_believed_for_its_content)                                     \
    X(drained_store_has_no_coherence)                                         \
    X(exceptions_drain_nothing)                                               \
    X(leaving_drains_nothing)                                                 \
    X(part_of_a_waiting_store_is_all)                                         \
    X(probe_outlives_maintenance)                                             \
    X(two_pages_have_one_slot)                                                \
    X(code_is_written_behind_qemu)                                            \
    X(scope_is_not_translated_anew)                                           \
    X(begins_at_once)                                                         \
    X(begins_at_any_exception)                                                \
    X(begins_before_all_is_mapped)                                            \
    X(conditions_are_inverted)                                                \
    X(zero_tests_are_inverted)                                                \
    X(waits_outlast_all_others)                                               \
    X(walks_raise_no_view)                                                    \
    X(releasing_atomic_is_no_release)                                         \
    X(acquiring_atomic_raises_no_view)                                        \
    X(atomic_of_both_is_no_barrier)                                           \
    X(exclusive_store_trusts_the_value)                                       \
    X(time_is_published_after_the_write)                                      \
    X(pairs_are_never_single)                                                 \
    X(tracking_outlives_the_episode)                                          \
    X(forwarded_value_has_no_view)                                            \
    X(callees_keep_no_views)                                                  \
    X(releasing_atomic_lets_stores_wait)                                      \
    X(own_atomic_has_no_coherence)                                            \
    X(waiting_atomic_stores_its_operand)                                      \
    X(waiting_atomic_is_forwarded)                                            \
    X(waiting_atomic_is_no_release)                                           \
    X(stores_wait_without_bound)                                              \
    X(samples_ignore_what_was_seen)                                           \
    X(spaced_episodes_have_no_end)                                            \
    X(computed_is_left_out)                                                   \
    X(waits_for_events_are_qemus)                                             \
    X(unrecorded_reads_share_a_moment)                                        \
    X(samples_share_a_moment)                                                 \
    X(halves_are_seen_apart)                                                  \
    X(neighbours_are_as_old_as_may_be)                                         \
    X(coherence_is_of_the_first_byte)                                         \
    X(kernel_rights_are_the_users)                                            \
    X(weakened_instructions_stay_as_they_are)                                 \
    X(change_is_of_the_next_instruction)                                      \
    X(changes_hold_under_any_number)                                          \
    X(last_alteration_stays_in_force)                                         \
    X(number_changes_in_an_episode)                                           \
    X(barriers_put_before_are_for_stores)                                     \
    X(barriers_put_before_come_late)                                          \
    X(stronger_load_has_no_fence)                                             \
    X(stronger_store_asks_for_no_fence)                                       \
    X(loads_ask_for_no_wait)                                                  \
    X(looks_end_no_wait)                                                      \
    X(nobody_is_away)                                                         \
    X(first_load_never_waits)                                                 \
    X(barriers_wait_for_no_load)                                              \
    X(interrupts_are_taken_without_news)

enum mutant {
    MUTANT_none,
#define X(name) MUTANT_##name,
    MUTANTS(X)
#undef X
};

#if defined(KCOVRIG_MUTANTS)
extern enum mutant chosen_mutant;
#define MUTANT(name) (chosen_mutant == MUTANT_##name)
#elif defined(KCOVRIG_MUTANT)
#define MUTANT_NAMED(name) MUTANT_##name
#define MUTANT_CALLED(name) MUTANT_NAMED(name)
enum { CHOSEN_MUTANT = MUTANT_CALLED(KCOVRIG_MUTANT) };
#define MUTANT(name) ((int)MUTANT_##name == CHOSEN_MUTANT)
#else
#define MUTANT(name) (MUTANT_##name == MUTANT_none)
#endif

#endif
