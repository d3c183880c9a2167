package model

// summaryCost is what a summary costs of a budget, about what so many rows cost a scan.
const summaryCost = 512
