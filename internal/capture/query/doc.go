// Package query is the filter language of the panel: a line of text becomes a [Query] that says of each row whether it is
// shown.
//
// # The language
//
//	query   = [ or ]
//	or      = and { ( "or" | "||" ) and }
//	and     = unary { [ "and" | "&&" ] unary }
//	unary   = ( "not" | "-" | "!" ) unary | context unary | primary
//	context = ( "near" | "before" | "after" ) [ ":" count ]
//	primary = "(" or ")" | field | path | regexp | text
//	field   = name | name operator value { "," value }
//	path    = "$" { "." key | "[" index "]" | `["` key `"]` | "[*]" | ".*" } [ operator value ]
//	regexp  = "/" RE2 "/" [ "i" ]
//	text    = `"` quoted `"` | "'" raw "'" | word
//
// Two tests side by side must both hold. The operators are : = != < <= > >= and, with a regexp on the right, ~.
//
// A field looks at the wire: dir:in op:text,binary len>1k rtt>50ms code:1000..1015 lint. [Fields] has all of them. A name
// alone asks whether the row has it, where that is a question: fin, frag, rsv, rtt; other names alone are text. A field
// says nothing about a row that does not have it: code!=1000 shows close rows with another code, not code:1000 shows also
// every row without a code. Sizes take k, M, G (thousands) and Ki, Mi, Gi (1,024s), with or without B behind;
// durations take ns, us, µs, ms, s, min, h.
//
// A text is looked for in the payload as the application gets it, and in the words the grid shows for an event. Without a
// capital letter in it, it is found in any case. A regexp is always exact; /…/i ignores case.
//
// A path looks into JSON: $.data.price>100, $.items[*].id="x". Where it can stand for several values, one is enough. "="
// compares type and value; ":" is the loose form: a text is contained, and 5 is also "5". The order operators compare
// numbers, also those that stand in strings, as prices do, and texts with texts. A path alone asks whether there is
// such a value. Text before the first bracket, such as the 42 of Socket.IO, is passed over. Maps and lists of MessagePack and CBOR are
// looked into as the JSON that says the same, up to 4 MiB: bytes are hexadecimal digits, a time of MessagePack is RFC 3339, a tag of CBOR is passed over.
//
// near:3 X shows rows of X and up to three rows before and after each; before:3 X and after:3 X show one side without X
// itself. Rows are counted among those that the [Scanner] is given: the rows of the view, whatever the query hides.
//
// # Shape
//
// [Parse] reads text into a tree; a planner puts the cheap tests first. The tree becomes tests of two kinds. Those of a
// [Row] get numbers from it and, only when a test asks for it, the payload. Those of a [Block] look at up to 1,024 rows at
// once: each leaves of a selection, a bit for each row, the rows for which it holds; numbers come as columns, a text is
// looked for in the payloads of many rows as in one, and what can only be asked of one row is asked of the rows left.
// Property tests hold both to the same naive evaluation. A query is a value without state and safe for use by several
// goroutines; a Scanner, which remembers what context needs, is not.
//
// # Never
//
// The package knows no screen, clock, network or store. No query takes more than time linear in the payload: regexps are
// RE2, paths are walked without recursion into values, and the length of a query, its nesting, its tests and the rows of
// a context are limited.
package query
