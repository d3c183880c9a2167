// Adds the panel beside Elements and Network.
"use strict";

chrome.devtools.panels.create("Tetherscope", "", "panel.html");
