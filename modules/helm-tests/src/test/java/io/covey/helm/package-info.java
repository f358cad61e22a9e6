/** The Helm chart: linted, rendered for several versions of Kubernetes, checked strictly, and its configuration given to a node. */
package io.covey.helm;
