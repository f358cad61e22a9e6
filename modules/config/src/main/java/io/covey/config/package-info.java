@NullMarked
package io.covey.config;

import org.jspecify.annotations.NullMarked;
