import './given.js';
import './main.js';
