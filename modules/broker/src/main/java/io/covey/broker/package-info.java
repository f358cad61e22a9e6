@NullMarked
package io.covey.broker;

import org.jspecify.annotations.NullMarked;
