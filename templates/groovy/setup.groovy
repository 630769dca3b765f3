// Runs once, before the callers: sets what JMeter takes from Java's system properties. It leaves no row.
//
// Parameters, one key=value a line: arrivals, proxy_host, proxy_port, proxy_user, proxy_password_property, keystore,
// keystore_type, keystore_password_property. None is a secret: of passwords it is the names of the properties that hold them.
import eu.luminis.jmeter.wssampler.WebsocketSampler
import org.apache.jmeter.JMeter
import org.apache.jmeter.threads.JMeterContextService
import org.apache.jmeter.util.JMeterUtils

SampleResult.setIgnore()

def options = Parameters.readLines().findAll { it.contains('=') }.collectEntries { it.split('=', 2) as List }
if (options.proxy_host) {
    System.setProperty('http.proxyHost', options.proxy_host)
    System.setProperty('http.proxyPort', options.proxy_port)
    System.setProperty('https.proxyHost', options.proxy_host)
    System.setProperty('https.proxyPort', options.proxy_port)
    if (options.proxy_user) {
        JMeterUtils.setProperty(JMeter.HTTP_PROXY_USER, options.proxy_user)
        JMeterUtils.setProperty(JMeter.HTTP_PROXY_PASS, props.get(options.proxy_password_property) ?: '')
    }
    WebsocketSampler.initProxyConfiguration()   // it has read them already, when the plan was loaded
}
if (options.keystore) {
    System.setProperty('javax.net.ssl.keyStore', options.keystore)
    System.setProperty('javax.net.ssl.keyStoreType', options.keystore_type)
    if (options.keystore_password_property) {
        System.setProperty('javax.net.ssl.keyStorePassword', props.get(options.keystore_password_property) ?: '')
    }
}
if (options.arrivals) {
    // The schedule of arrivals counts from the test's start. Those that were due meanwhile would come all at once.
    try {
        JMeterContextService.testStart.set(System.currentTimeMillis())
    } catch (MissingPropertyException ignored) {
        log.warn('the first arrivals come together: this JMeter does not let the schedule begin after the set-up')
    }
}
