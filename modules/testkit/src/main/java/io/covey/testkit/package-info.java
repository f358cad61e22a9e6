@NullMarked
package io.covey.testkit;

import org.jspecify.annotations.NullMarked;
