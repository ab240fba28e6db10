'use strict'
exports.twice = n => 2 * n
