// What Validate does in JMeter's GUI (org.apache.jmeter.gui.action.Start), without its windows: the plan's copy for
// validation runs with one thread and one loop a group, without timers. Arguments: JMeter's home, the plan.
import org.apache.jmeter.JMeter
import org.apache.jmeter.control.ReplaceableController
import org.apache.jmeter.engine.StandardJMeterEngine
import org.apache.jmeter.gui.action.validation.TreeClonerForValidation
import org.apache.jmeter.gui.tree.JMeterTreeModel
import org.apache.jmeter.save.SaveService
import org.apache.jmeter.util.JMeterUtils
import org.apache.jorphan.collections.SearchByClass

def (home, plan) = args as List
JMeterUtils.setJMeterHome(home)
JMeterUtils.loadJMeterProperties("$home/bin/jmeter.properties")
JMeterUtils.initLocale()
def tree = SaveService.loadTree(new File(plan))
def model = new JMeterTreeModel(new Object())
model.addSubTree(tree, model.root)
def modules = new SearchByClass(ReplaceableController)
tree.traverse(modules)
modules.searchResults.each { it.resolveReplacementSubTree(model.root) }
def cloner = new TreeClonerForValidation()
JMeter.convertSubTree(tree, false).traverse(cloner)
def engine = new StandardJMeterEngine()
engine.configure(cloner.clonedTree)
engine.run()
System.exit(0)
