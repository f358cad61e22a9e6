@NullMarked
package io.covey.cluster;

import org.jspecify.annotations.NullMarked;
