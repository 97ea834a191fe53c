// Package chaosmesh reads the documents by which Chaos Mesh breaks a Kubernetes
// cluster, as their users have them, and makes faults of them: lines of package
// faults, which print and parse back.
//
//	apiVersion: chaos-mesh.org/v1alpha1
//	kind: NetworkChaos
//	metadata: {name: slow}
//	spec:
//	  action: delay
//	  mode: one
//	  selector: {labelSelectors: {app: raft}}
//	  delay: {latency: 90ms}
//	  duration: 10s
//
// is the fault
//
//	at 5s for 10s: delay 90ms random 1 of app=raft -> everyone
//
// A pod is a node, and its name and labels are the node's; namespaces are accepted, and
// there is only one. A document begins when it is applied, and says nothing of when: here
// that is [Begin], or what its annotation orrery/at says, a time of the run. Without a
// duration it stays. A run begins at midnight, for cron's sake.
//
// Understood are NetworkChaos, PodChaos, IOChaos, TimeChaos, StressChaos of processors,
// DNSChaos that answers with errors, and Schedule and Workflow of these. What a document
// says and a simulated cluster does not have is an error at its place; what it has
// otherwise, such as draws that are correlated, is a [Note], also with its place. Nothing
// is passed over in silence.
//
// Sources: the Chaos Mesh documentation, "Simulate Network Faults", "Simulate Pod Faults",
// "Simulate File I/O Faults", "Simulate Time Faults", "Simulate Stress Scenarios",
// "Simulate DNS Faults", "Define the Scope of Chaos Experiments", "Define Scheduling
// Rules" and "Create Chaos Mesh Workflow", and the types of its API, version v1alpha1.
package chaosmesh
