// Package study has what a person who looks at a run asks for and that takes other runs
// to answer: the spans of one operation ([Trace]), and how the same scenario fares over
// many seeds ([Survey]). It knows nothing of the screen.
package study
