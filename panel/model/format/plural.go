package format

// Plural returns a number with its noun, which takes an s unless there is one: "1 frame", "2 frames".
func Plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(n) + " " + noun + "s"
}

// Bytes returns a size with its unit: "1 byte", "9,999 bytes", "9.77 KiB".
func Bytes(n uint64) string {
	if n < kibibytes {
		return Plural(n, "byte")
	}
	return Size(n)
}
