package dev.syscallkernel.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Who may depend on whom. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.syscallkernel");

    @Test
    void theKernelKnowsNoNetworkAndNoWireFormat() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.grpc..", "com.google.protobuf..", "java.net..", "io.netty..", "java.rmi..")
                .check(CLASSES);
    }

    @Test
    void theApiDependsOnNothingButTheJdkAndItsAnnotations() {
        classes()
                .that(inTheApi())
                .should()
                .onlyDependOnClassesThat(DescribedPredicate.describe(
                        "belong to the API, the JDK or JSpecify",
                        dependency -> dependency.getPackageName().startsWith("java.")
                                || dependency.getPackageName().startsWith("org.jspecify.")
                                || inTheApi().test(dependency)
                                || dependency.isPrimitive()
                                || dependency.isArray()))
                .check(CLASSES);
    }

    @Test
    void onlyDescriptionsOfMountsKnowPathsOfTheHost() {
        noClasses()
                .that(inTheApi())
                .and()
                .doNotHaveFullyQualifiedName("dev.syscallkernel.fs.Mount$HostDirectory")
                .and()
                .doNotHaveFullyQualifiedName("dev.syscallkernel.process.ProcessSpec$Builder")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Path.class)
                .check(CLASSES);
    }

    @Test
    void thePackagesOfTheKernelFormNoCycle() {
        slices().matching("dev.syscallkernel.local.(*)")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.syscallkernel.local.*")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.syscallkernel.local")
                .check(CLASSES);
    }

    @Test
    void filesKnowNothingOfProcessesEventsAndDispatch() {
        noClasses()
                .that()
                .resideInAPackage("dev.syscallkernel.local.fs")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.syscallkernel.local.process",
                        "dev.syscallkernel.local.syscall",
                        "dev.syscallkernel.local.event",
                        "dev.syscallkernel.local.stream")
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaClass> inTheApi() {
        return DescribedPredicate.describe(
                "are of the API",
                type -> type.getPackageName().startsWith("dev.syscallkernel")
                        && !type.getPackageName().startsWith("dev.syscallkernel.local"));
    }
}
