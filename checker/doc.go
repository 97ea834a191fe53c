// Package checker judges histories: what clients asked, what they were
// answered, and when.
//
// A [History] is a value, wherever it came from. A [Check] looks at it and
// returns a [Result] with one of three verdicts: ok, violated or unknown.
// Unknown never counts as ok. [Linearizable] is the first check; it asks
// porcupine (github.com/anishathalye/porcupine) whether the operations on each
// key can be put in an order in which one of the [Models] gives the same answers.
// [BoundedStaleness] asks for less: how long a value that is read may have been
// overwritten.
//
// [Sessions] are the four session guarantees, for systems that promise less.
//
//	model, err := checker.ModelNamed("cas-register")
//	h, err := checker.ReadFile("history.edn", checker.ReadOptions{})
//	result := checker.Linearizable{Model: model}.Check(h, checker.Limits{})
//	fmt.Print(result.Report(80))
//
// # Outcomes
//
// An operation whose client was told that it did not take effect is failed, and
// left out. An operation whose client never learned the outcome is unknown: it
// may take effect at any moment after its call, however late, or never, with
// any answer. A client may go on after an unknown outcome, and it need not wait
// until it gives up on the first operation before it asks for the next.
//
// # Verdicts that do not depend on the machine
//
// Each key is searched plainly first, one after the other in a fixed order, with
// a limit counted in steps (see [Limits]). If the search of a key finds no order, the
// shortest history without one is found by bisection, which names the offending
// operation: the one whose return is the first that nothing can explain. Only
// that short history is searched further, for the smallest set of operations
// that contradict it, for answers that would have been possible, and, when asked, for
// porcupine's interactive picture ([Violation.WriteHTML]).
//
// Everything that is written, pictures included, is the same at every run.
//
// # Open operations
//
// Operations of unknown outcome double the work of a plain search one by one.
// Four rules, each exact, keep histories with dozens of them cheap: values that
// no operation compares with are one and the same; an open operation that nobody can have
// noticed is left out; one that somebody noticed, and that nothing else can
// explain, has taken effect by then; and of several that do the same, the one
// called first comes first.
//
// # JSON lines
//
// [WriteJSONL] writes one operation per line, with these fields in this order:
//
//	client        text, or whole number
//	op            text: what was asked
//	key           text; left out if empty
//	input         value; left out if null
//	output        value; left out if null
//	call          nanoseconds
//	return        nanoseconds; left out if it never returned
//	outcome       "ok", "failed" or "unknown"
//	call_event    number of the event in the run; left out if 0
//	return_event  likewise
//
// A value is null, true, false, a whole number of 64 bits, a text, a list of
// values, or {"edn": text} for anything else that EDN can say. The first line may be a header:
// {"history":1} with the fields operations (their number, by which a truncated
// file is recognized), untimed (true if call and return are not nanoseconds but
// positions), skipped and meta (an object of texts).
//
// # EDN
//
// [Read] takes Jepsen's histories: maps with :process, :type (:invoke, :ok,
// :fail or :info), :f and :value, and perhaps :time, :index and :key; one per
// line, or in one vector or list. The value of an :ok is the answer, unless it
// repeats the argument. Keys are found as [KeyRule] says. Processes that are no
// whole numbers, such as :nemesis, are no clients: their records are counted
// and skipped. Without :time in every record the history is untimed. An
// operation without completion, or with :info, is unknown; :fail is failed,
// unless :output false says that the answer was no. Tags, metadata and fields
// not named here are read over. [WriteEDN] writes the same.
//
// # Jepsen's log
//
// Lines of jepsen.log ("INFO  jepsen.util - 0 :invoke :write 3") and of
// history.txt ("0 :invoke :write 3") are read too; other lines are skipped.
//
// # Broken files
//
// Errors name every problem with file, line and column, up to twenty. A file
// that ends in the middle of a form is an error unless [ReadOptions] allow it.
// No file can make the readers fail in another way: they refuse files beyond
// 256 MiB, lines beyond 4 MiB, values nested deeper than 60, EDN forms nested
// deeper than 100 and EDN forms of more than 1,048,576 values.
package checker
