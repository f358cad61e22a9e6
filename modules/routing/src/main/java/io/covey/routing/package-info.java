@NullMarked
package io.covey.routing;

import org.jspecify.annotations.NullMarked;
