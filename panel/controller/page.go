package controller

// Page is what only a browser page can do. Its methods may be called from any goroutine.
type Page interface {
	// Copy puts text on the clipboard.
	Copy(text string)
	// CopyLink puts the address of the page on the clipboard.
	CopyLink()
	// Download saves a file through the browser.
	Download(name, mime string, data []byte)
	// OpenFile opens the browser's file dialog for a capture; [Controller.Open] gets the file.
	OpenFile()
	// Network asks the browser's Network panel for its requests as a HAR file; [Controller.Open] gets it.
	Network()
	// Share makes one HTML file of the panel and a capture file and saves it. Done is called, on any goroutine, with the
	// error text, "" for none.
	Share(name string, capture []byte, done func(problem string))
	// StartDemo asks the server for demo traffic.
	StartDemo()
	// Reload loads the page again.
	Reload()
	// FocusFilter puts the caret into the filter box; SetFilterText replaces its text and puts the caret at a byte.
	FocusFilter()
	SetFilterText(text string, caret int)
	// ShowCompletion scrolls the list of completions to an entry.
	ShowCompletion(i int)
	// Remember stores a text in this browser, and reports whether that could be done; Recall returns it, "" for none.
	Remember(key, text string) (stored bool)
	Recall(key string) string
	// Keep stores a text for as long as the tab is open, also across a reload; Kept returns it, "" for none.
	Keep(key, text string)
	Kept(key string) string
	// Picture gives bytes an address in this page, which an image element can show, and releases the one before; without
	// bytes it only does the latter.
	Picture(mime string, data []byte) (url string)
	// PickFile opens the file dialog for a purpose; [Controller.TakeFile] gets the file.
	PickFile(purpose string)
	// Link puts a link to a record, 0 for none, and the filter into the address, and the record's note into the note box.
	Link(seq uint64, note, query string)
	// Theme draws the page "light" or "dark", or with "" as the system has it.
	Theme(name string)
	// FocusNote puts the caret into the note box.
	FocusNote()
	// FocusGoTo puts the caret into the box that goes to a row, once it is drawn.
	FocusGoTo()
	// FocusGrid and FocusDetail move the keyboard focus.
	FocusGrid()
	FocusDetail()
}
