// Package recordtest holds every writer of record batches to one table of fields, testdata/page.batch.txt of package record.
package recordtest
